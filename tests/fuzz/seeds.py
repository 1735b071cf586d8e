#!/usr/bin/env python3
"""Write the scripts that people made for the session targets (script.h): all
messages of RFC 4252 to 4254, in sessions where they are expected and where
they are not. They go into tests/fuzz/corpus/session and session_bytes.
"""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))

# header, byte 0
GCM, CTR, CHACHA, GCM256 = range(4)
STRICT, EXT_INFO, COMPRESSED = 4, 8, 16
AT_ONCE, WITH_KEYS, LOGGED_IN, SETTLED = (i << 5 for i in range(4))
# byte 1: manners.h
SERVICE, LOGIN, OPEN, REQUEST, CLOSE, GLOBAL, REFUSE, QUESTION = (
    1 << i for i in range(8))
POLITE = SERVICE | LOGIN | OPEN | REQUEST | CLOSE | GLOBAL
# byte 2: user.h
NONE, KEY, PASSWORD, INTERACTIVE = range(4)
SIGN_FIRST, AHEAD, START_EARLY, REKEYS, HOSTBASED = (4 << i for i in range(5))
# byte 3: user.h
SESSION, PTY, ENV, AGENT, X11, DIRECT, LISTENER, EARLY = (
    1 << i for i in range(8))
# user_channels.c
(ACT_SESSION, ACT_DIRECT, ACT_LISTEN, ACT_UNLISTEN, ACT_WRITE, ACT_EOF,
 ACT_CLOSE, ACT_FREE, ACT_RESIZE, ACT_SIGNAL, ACT_LIMIT, ACT_PROBE,
 ACT_ABANDON, ACT_DISCONNECT, ACT_REKEY, ACT_BREAK, ACT_LISTEN_UNIX,
 ACT_PROVE) = range(18)

# our numbers for channels that we open begin here (manners.h)
OWN = 100


def header(kind=GCM | STRICT | EXT_INFO | SETTLED, manners=POLITE, login=KEY,
           wants=SESSION, piece=0):
    return bytes([kind, manners, login, wants, piece])


# --- events -------------------------------------------------------------------

def payload(data):
    return b"\0" + struct.pack(">H", len(data)) + data


WAIT, REKEY, HANG_UP = b"\1", b"\2", b"\7"


def raw(data):
    return b"\3" + struct.pack(">H", len(data)) + data


def bulk(channel, length, stream=0):
    return bytes([4, channel, stream]) + struct.pack(">H", length)


def act(what, arg=0, channel=0):
    return bytes([5, what + 18 * channel, arg])


def repeat(times):
    return bytes([6, times])


def spoil(distance):
    return b"\x08" + struct.pack(">H", distance)


# --- messages -----------------------------------------------------------------

def u32(n):
    return struct.pack(">I", n)


def s(text):
    data = text if isinstance(text, bytes) else text.encode()
    return u32(len(data)) + data


def message(number, *fields):
    return payload(bytes([number]) + b"".join(fields))


YES, NO = b"\1", b"\0"

disconnect = message(1, u32(11), s("bye"), s("en"))
ignored = message(2, s("x" * 20))
unimplemented = message(3, u32(7))
debug = message(4, YES, s("debugging"), s(""))
service_accept = message(6, s("ssh-userauth"))
ext_info = message(7, u32(2), s("server-sig-algs"),
                   s("rsa-sha2-512,ssh-ed25519,rsa-sha2-512"),
                   s("ping@openssh.com"), s("0"))
newkeys = message(21)
failure = message(51, s("publickey,password"), NO)
partial = message(51, s("keyboard-interactive"), YES)
success = message(52)
banner = message(53, s("Welcome\r\n\x1b[31m"), s(""))
pk_ok = message(60, s("ssh-ed25519"),
                s(s("ssh-ed25519") + s(b"public" + bytes(26))))
change_request = message(60, s("expired"), s("en"))
info_request = message(60, s("name"), s("do this"), s(""), u32(2),
                       s("One: "), NO, s("Two: "), YES)
info_request_empty = message(60, s(""), s(""), s(""), u32(0))
keepalive = message(80, s("keepalive@openssh.com"), YES)
host_keys = message(80, s("hostkeys-00@openssh.com"), NO,
                    s(s("ssh-ed25519") + s(bytes(32))))
request_success = message(81)
request_success_port = message(81, u32(4022))
request_failure = message(82)
ping = message(192, s("data"))
pong = message(193, s("data"))


def open_agent(number=OWN + 7):
    return message(90, s("auth-agent@openssh.com"), u32(number), u32(65536),
                   u32(32768))


def open_x11(number=OWN + 8):
    return message(90, s("x11"), u32(number), u32(65536), u32(32768),
                   s("127.0.0.1"), u32(5000))


def open_forwarded(number=OWN + 9, port=4022, host=""):
    return message(90, s("forwarded-tcpip"), u32(number), u32(65536),
                   u32(32768), s(host), u32(port), s("192.0.2.1"), u32(999))


def open_unix(number=OWN + 11, path="/run/there"):
    return message(90, s("forwarded-streamlocal@openssh.com"), u32(number),
                   u32(65536), u32(32768), s(path), s(""))


open_unknown = message(90, s("session"), u32(3), u32(1), u32(1))


def confirm(channel=0, number=None, window=65536, packet=32768):
    number = channel if number is None else number
    return message(91, u32(channel), u32(number), u32(window), u32(packet))


def refuse(channel=0, code=2):
    return message(92, u32(channel), u32(code), s("no\x1b[0m"), s(""))


def adjust(channel=0, count=65536):
    return message(93, u32(channel), u32(count))


def data(text, channel=0):
    return message(94, u32(channel), s(text))


def extended(text, channel=0, code=1):
    return message(95, u32(channel), u32(code), s(text))


def eof(channel=0):
    return message(96, u32(channel))


def close(channel=0):
    return message(97, u32(channel))


def request(kind, *fields, channel=0, wants=NO):
    return message(98, u32(channel), s(kind), wants, *fields)


def exit_status(status=3, channel=0):
    return request("exit-status", u32(status), channel=channel)


def exit_signal(channel=0):
    return request("exit-signal", s("TERM"), NO, s("killed"), s("en"),
                   channel=channel)


eow = request("eow@openssh.com")
channel_success = message(99, u32(0))
channel_failure = message(100, u32(0))

END = exit_status() + eof() + close()
EVERYTHING = [
    disconnect, ignored, unimplemented, debug, message(5, s("ssh-userauth")),
    service_accept, ext_info, message(8), message(20), newkeys,
    message(30, s(bytes(32))), message(31, s(b""), s(bytes(32)), s(b"")),
    message(50, s("me"), s("ssh-connection"), s("none")), failure, partial,
    success, banner, pk_ok, change_request, info_request, info_request_empty,
    message(61, u32(0)), message(66), keepalive, host_keys, request_success,
    request_success_port, request_failure, open_agent(), open_x11(),
    open_forwarded(), open_unknown, confirm(), refuse(), adjust(), data("x"),
    extended("y"), eof(), close(), exit_status(), exit_signal(), eow,
    request("xon-xoff", YES), request("keepalive@openssh.com", wants=YES),
    channel_success, channel_failure, ping, pong, message(255), message(0),
]

# --- scripts ------------------------------------------------------------------

scripts = {}


def script(name, head, *events):
    scripts[name] = head + b"".join(events)


script("command", header(), data("out\n"), extended("err\n"), END)
script("command_slow", header(piece=3), WAIT, data("out\n"), END)
script("signal", header(), exit_signal(), eof(), close())
script("two_signals", header(), exit_signal(), exit_signal(), close())
script("no_status", header(), data("out"), close())
script("short_status", header(),
       message(98, u32(0), s("exit-status"), NO, b"\0\0"), close())
script("shell", header(wants=PTY | ENV), WAIT, data("$ "), act(ACT_WRITE, 3),
       act(ACT_RESIZE, 132), WAIT, act(ACT_SIGNAL), WAIT, act(ACT_EOF), WAIT,
       END)
script("bulk", header(), 30 * (bulk(0, 16000) + repeat(1) + WAIT),
       bulk(0, 16000, 1), WAIT, END)
script("bulk_zlib", header(GCM | COMPRESSED | SETTLED),
       5 * (bulk(0, 32000) + WAIT), END)
script("bulk_ctr", header(CTR | SETTLED), WAIT, bulk(0, 999), END)
script("bulk_chacha", header(CHACHA | STRICT | SETTLED), WAIT, bulk(0, 9),
       END)
script("upload", header(), act(ACT_WRITE, 255), WAIT, adjust(), WAIT,
       adjust(0, 0xFFFFFFFF), adjust(0, 1), WAIT, act(ACT_EOF), END)
script("beyond_window", header(), bulk(0, 65535), repeat(31), repeat(31))
script("beyond_packet", header(), bulk(0, 60000), END)
script("empty_data", header(), data(""), repeat(31), extended(""),
       repeat(31), END)
script("odd_lengths", header(), message(94, u32(0), u32(45), b"xy"),
       message(94, u32(0), u32(1), b"xy"), END)
script("other_streams", header(), extended("x", code=0),
       extended("y", code=2), extended("z", code=77), data("a"), END)
script("after_eof", header(), eof(), data("late"), eof(), END)
script("after_close", header(), close(), data("late"), close(),
       exit_status())
script("rekey", header(), REKEY, WAIT, WAIT, data("after"), REKEY, WAIT,
       WAIT, data("more"), END)
script("rekey_busy", header(), act(ACT_WRITE, 99), data("before"),
       REKEY, data("during"), WAIT, data("and"), WAIT, adjust(), END)
script("rekey_zlib", header(GCM | COMPRESSED | SETTLED), WAIT,
       data("before"), REKEY, WAIT, WAIT, data("after"), END)
script("rekey_ctr", header(CTR | STRICT | SETTLED), WAIT, REKEY, WAIT, WAIT,
       data("after"), END)
script("rekey_in_login", header(GCM | STRICT | WITH_KEYS), REKEY, WAIT, WAIT)
script("rekey_twice", header(), REKEY, message(20), WAIT, WAIT, END)
script("rekey_spoiled", header(), REKEY, spoil(20), WAIT, WAIT, END)
script("spoiled", header(), data("good"), WAIT, data("bad"), spoil(0),
       data("never"), WAIT, END)
script("spoiled_ctr", header(CTR | SETTLED), WAIT, data("good"), WAIT,
       data("bad"), spoil(40), data("never"), WAIT, END)
script("spoiled_login", header(GCM | SETTLED, SERVICE), failure, spoil(3))
script("with_keys", header(GCM | WITH_KEYS), ignored, data("early"), WAIT, END)
script("with_success", header(GCM | LOGGED_IN), keepalive, adjust(), WAIT, END)
script("spoiled_clear", header(GCM | AT_ONCE), spoil(30))
script("hang_up", header(), data("some"), HANG_UP)
script("hang_up_rekey", header(), REKEY, HANG_UP)
script("hang_up_login", header(GCM | SETTLED, SERVICE), HANG_UP)
script("disconnect", header(), data("some"), disconnect)
script("disconnect_login", header(GCM | SETTLED, SERVICE), disconnect)
script("user_disconnects", header(), act(ACT_DISCONNECT), WAIT)
script("nothing", header(manners=0))

script("password", header(login=PASSWORD), WAIT, END)
script("password_change", header(login=PASSWORD, manners=POLITE | QUESTION),
       WAIT, END)
script("password_changes", header(GCM | SETTLED, SERVICE | OPEN, PASSWORD),
       failure, WAIT, change_request, WAIT, change_request, WAIT, success)
script("interactive", header(login=INTERACTIVE), WAIT, END)
script("interactive_rounds",
       header(GCM | SETTLED, SERVICE | OPEN, INTERACTIVE), failure, WAIT,
       info_request, WAIT, info_request_empty, WAIT, info_request, WAIT,
       success)
script("key_refused", header(GCM | SETTLED, SERVICE, KEY), failure, WAIT,
       failure, WAIT, failure, WAIT, failure)
script("key_partial", header(GCM | SETTLED, SERVICE, KEY), failure, WAIT,
       pk_ok, WAIT, partial, WAIT, partial)
script("key_other", header(GCM | SETTLED, SERVICE, KEY), failure, WAIT,
       message(60, s("ssh-rsa"), s("other")), WAIT, success)
script("none_is_enough", header(GCM | SETTLED, SERVICE | OPEN), success,
       WAIT, WAIT, END)
script("banners", header(GCM | SETTLED), banner, repeat(5), WAIT, banner,
       WAIT, banner)
script("banner_long", header(GCM | SETTLED),
       message(53, s("b" * 5000), s("en")), repeat(31))
script("ext_info_late", header(GCM | SETTLED), ext_info, ext_info, WAIT,
       success)
script("no_service", header(GCM | SETTLED, LOGIN | OPEN),
       message(6, s("ssh-connection")), WAIT, failure)

script("early", header(wants=SESSION | EARLY), WAIT, data("x"), END)
script("early_refused", header(GCM | SETTLED, SERVICE | OPEN, KEY,
                               SESSION | EARLY), failure, failure, WAIT, WAIT,
       failure)
script("early_wasted", header(GCM | SETTLED, SERVICE, KEY, SESSION | EARLY),
       failure, pk_ok, WAIT, WAIT, failure, refuse(), WAIT, unimplemented)
script("early_success", header(GCM | SETTLED, SERVICE, KEY, SESSION | EARLY),
       failure, pk_ok, WAIT, success, confirm(), WAIT, channel_success, END)

script("sign_first", header(login=KEY | SIGN_FIRST | START_EARLY,
                            wants=SESSION | ENV | EARLY), data("x"), END)
script("sign_first_refused", header(GCM | SETTLED, SERVICE,
                                    KEY | SIGN_FIRST | START_EARLY,
                                    SESSION | EARLY),
       failure, WAIT, unimplemented, WAIT, failure)
script("start_early", header(GCM | SETTLED, SERVICE, KEY | START_EARLY,
                             SESSION | PTY | EARLY), failure, pk_ok, WAIT,
       success, confirm(), channel_success, channel_success, WAIT, END)
script("guess", header(login=KEY | AHEAD), END)
script("guess_slow", header(login=KEY | AHEAD, piece=1), END)
script("guess_wasted", header(GCM | AT_ONCE, login=KEY | AHEAD), message(20))
script("hostbased", header(login=HOSTBASED), failure, WAIT, success, WAIT)
script("rekeys", header(login=KEY | REKEYS, wants=SESSION | AGENT), WAIT,
       4 * (bulk(0, 900) + act(ACT_WRITE, 3) + WAIT), REKEY, WAIT, END)
script("user_rekeys", header(), act(ACT_REKEY), WAIT, data("x"), WAIT,
       act(ACT_REKEY), act(ACT_WRITE, 1), REKEY, WAIT, WAIT, END)
script("break", header(), act(ACT_BREAK, 200), WAIT, channel_failure, END)
script("unix", header(), act(ACT_LISTEN_UNIX), WAIT, open_unix(), WAIT,
       data("x", 1), act(ACT_UNLISTEN), WAIT, open_unix(OWN + 12), END)
script("proof", header(manners=POLITE & ~GLOBAL), host_keys, WAIT,
       act(ACT_PROVE), WAIT, message(81, s(s("ssh-ed25519") + s(bytes(64)))),
       WAIT, act(ACT_PROVE), host_keys, END)
script("proof_refused", header(manners=POLITE & ~GLOBAL), host_keys, WAIT,
       act(ACT_PROVE), WAIT, request_failure, WAIT, END)
script("proof_short", header(manners=POLITE & ~GLOBAL), host_keys, WAIT,
       act(ACT_PROVE), WAIT, message(81, s(""), b"\0\0"), WAIT, END)

script("open_refused", header(manners=POLITE | REFUSE), WAIT, WAIT)
script("open_scripted", header(manners=SERVICE | LOGIN), refuse(0, 99), WAIT,
       act(ACT_SESSION, SESSION), WAIT, confirm(1, 0xFFFFFFFF, 0, 0), WAIT,
       channel_success)
script("open_twice", header(manners=SERVICE | LOGIN), confirm(), confirm(),
       refuse(), WAIT, confirm(5))
script("small_packets", header(manners=SERVICE | LOGIN | REQUEST),
       confirm(0, 100, 100, 1), WAIT, act(ACT_WRITE, 9), WAIT,
       adjust(0, 5000), WAIT, END)
script("requests_refused", header(manners=SERVICE | LOGIN | OPEN,
                                  wants=SESSION | PTY | ENV | AGENT | X11),
       channel_failure, channel_failure, channel_failure, channel_failure,
       channel_failure, channel_success, WAIT, END)
script("answers_too_many", header(), channel_success, channel_failure,
       request_success, request_failure, WAIT, END)
script("close_for_answer", header(manners=SERVICE | LOGIN | OPEN), close(),
       WAIT, WAIT)
script("many_channels", header(),
       4 * (act(ACT_SESSION, SESSION | ENV) + WAIT),
       act(ACT_FREE, channel=1), WAIT, data("x", 2), close(3), WAIT, data("y"),
       END)
script("abandon", header(manners=SERVICE | LOGIN | REQUEST), WAIT,
       act(ACT_DIRECT), act(ACT_ABANDON), WAIT, confirm(0), confirm(1), WAIT)
script("direct", header(wants=DIRECT), WAIT, data("x"), act(ACT_WRITE, 1),
       WAIT, eof(), act(ACT_EOF), WAIT, close())
script("direct_unix", header(wants=SESSION), WAIT, act(ACT_DIRECT, 1), WAIT,
       data("x", 1), close(1), END)
script("probe", header(), act(ACT_PROBE), WAIT, WAIT, act(ACT_PROBE),
       WAIT, END)
script("probe_silence", header(manners=SERVICE | LOGIN | OPEN), WAIT,
       channel_success, WAIT, act(ACT_PROBE), WAIT, channel_failure, END)
script("limit", header(), act(ACT_LIMIT, 255), 12 * (bulk(0, 30000) + WAIT),
       END)

script("agent", header(wants=SESSION | AGENT), WAIT, open_agent(), WAIT,
       data(u32(1) + b"\x0b", 1), WAIT, act(ACT_WRITE, 1, 1), eof(1), close(1),
       END)
script("agent_many", header(wants=SESSION | AGENT), WAIT, open_agent(),
       repeat(30), WAIT, repeat(30), WAIT, END)
script("agent_unasked", header(), open_agent(), open_x11(),
       open_forwarded(), open_unknown, WAIT, END)
script("x11", header(wants=SESSION | X11 | PTY), WAIT, open_x11(), WAIT,
       data(b"l\0\x0b\0\0\0\0\0\0\0\0\0", 1), WAIT, close(1), END)
script("x11_short", header(wants=SESSION | X11), WAIT,
       message(90, s("x11"), u32(8), u32(1), u32(1)),
       message(90, s("x11"), u32(8), u32(1), u32(1), u32(999), b"x"), END)
script("listener", header(wants=SESSION | LISTENER), WAIT, open_forwarded(),
       WAIT, data("x", 1), close(1), open_forwarded(OWN + 10, 4023), WAIT,
       act(ACT_UNLISTEN), WAIT, open_forwarded(OWN + 11), END)
script("listener_only", header(wants=LISTENER), WAIT, open_forwarded(), WAIT,
       data("x"), close(), WAIT)
script("listener_refused", header(manners=SERVICE | LOGIN | OPEN | REQUEST,
                                  wants=SESSION | LISTENER), WAIT,
       request_failure, act(ACT_LISTEN, 80), WAIT, request_success, WAIT,
       open_forwarded(OWN + 9, 80), WAIT, END)
script("listener_portless", header(manners=SERVICE | LOGIN | OPEN | REQUEST,
                                   wants=SESSION | LISTENER), WAIT,
       request_success, WAIT, open_forwarded(OWN + 9, 0), WAIT, END)
script("listener_hosts", header(wants=LISTENER), WAIT,
       open_forwarded(OWN + 9, 4022, "localhost"),
       open_forwarded(OWN + 10, 4022, "0.0.0.0"),
       open_forwarded(OWN + 11, 4022, "\0"))
script("globals", header(), keepalive, host_keys, ping, repeat(9), WAIT,
       message(80, s("unknown@example.org"), YES, b"more"), WAIT, END)
script("chatter", header(), ignored, debug, unimplemented, repeat(9),
       data("x"), ignored, END)
script("chatter_clear", header(GCM | AT_ONCE), ignored, debug, WAIT, success)
script("chatter_strict", header(GCM | STRICT | AT_ONCE), ignored)

# every message at every time
for i, one in enumerate(EVERYTHING):
    script("each_clear_%02d" % i, header(GCM | AT_ONCE), one)
    script("each_login_%02d" % i, header(GCM | SETTLED, SERVICE), one, WAIT,
           failure)
    script("each_session_%02d" % i, header(), one, WAIT, data("x"))
    script("each_rekey_%02d" % i, header(), REKEY, one, WAIT, WAIT,
           data("x"))
script("all", header(wants=SESSION | AGENT | X11 | LISTENER), WAIT,
       *EVERYTHING[1:])

# --- bytes --------------------------------------------------------------------

streams = {
    "zeros": header(GCM | SETTLED) + bytes(64),
    "ones": header(GCM | SETTLED) + b"\xff" * 64,
    "ctr": header(CTR | WITH_KEYS) + bytes(range(200)),
    "chacha": header(CHACHA | STRICT | WITH_KEYS) + bytes(range(200)),
    "session": header(GCM | SETTLED) + u32(32) + bytes(64),
    "session_ctr": header(CTR | SETTLED, piece=2) + bytes(300),
    "session_zlib": header(GCM | COMPRESSED | SETTLED) + u32(16) + bytes(32),
    "clear": header(GCM | AT_ONCE) + u32(12) + b"\x06\x02" + u32(0) + bytes(6),
    "clear_cut": header(GCM | AT_ONCE, piece=1) + u32(12) + b"\x06\x02",
    "clear_huge": header(GCM | AT_ONCE) + b"\x7f\xff\xff\xff" + bytes(20),
    "clear_init": header(GCM | AT_ONCE) + u32(28) + b"\x04\x14" + bytes(26),
    "clear_reply": header(GCM | AT_ONCE) + u32(52) + b"\x06\x1f" + u32(4) +
    bytes(44),
}


def write(target, files):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


write("session", scripts)
write("session_bytes", streams)
