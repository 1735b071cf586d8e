"""Run a command on a terminal of its own and talk to it.

on_pty.py [EXPECT SEND]... -- COMMAND...

Waits for each EXPECT in turn, then sends SEND. What appeared on the terminal
goes to stdout; the exit status is the command's.
"""
import os
import pty
import select
import signal
import sys
import time


def split_arguments(argv):
    at = argv.index("--")
    talk, command = argv[:at], argv[at + 1:]
    pairs = [(talk[i].encode(), talk[i + 1].encode())
             for i in range(0, len(talk), 2)]
    return pairs, command


def read_some(master, deadline):
    ready, _, _ = select.select([master], [], [], deadline - time.time())
    if not ready:
        raise TimeoutError
    try:
        return os.read(master, 65536)
    except OSError:  # Linux: the last slave was closed
        return b""


def converse(master, pairs, deadline):
    seen, unread = b"", b""
    while True:
        got = read_some(master, deadline)
        if not got:
            return seen
        seen, unread = seen + got, unread + got
        while pairs and pairs[0][0] in unread:
            expected, answer = pairs.pop(0)
            unread = unread.split(expected, 1)[1]
            # ssh loses a ^C that comes between its question and its read
            time.sleep(0.05)
            os.write(master, answer)


def main():
    pairs, command = split_arguments(sys.argv[1:])
    pid, master = pty.fork()
    if pid == 0:
        # shells have some of these ignored, Python others
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(command[0], command)
    seen = converse(master, pairs, time.time() + 15)
    sys.stdout.buffer.write(seen)
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status) & 255)


main()
