"""Be the terminal of a command, and the shell that started it.

terminal.py [VERB ARGUMENT]... -- COMMAND...

The steps are carried out one after the other:
  expect TEXT    wait for it on the screen, after what was expected before
  send BYTES     type
  paste FILE     type what is in it, while reading what appears
  size CxR[xXxY] change the size of the window, in characters and pixels
  signal NAME    send it to the command
  do SCRIPT      run it with sh; $pid is the command's
  await SCRIPT   run it again and again until it succeeds
  modes WHICH    wait for "raw" modes, or "same" as before the command
  stopped -      wait for the command to be stopped, the modes as before
  fg -           go on with it
  quiet SECONDS  nothing appears in this time
  end -          wait for its end
  cut FILE       put what appeared since the last cut there
  close -        hang up

When the command has ended, what appeared goes to stdout. The exit status is
the command's, or 128 and its signal; 200 if the terminal's modes are not what
they were, 201 if a step failed, with the reason on stderr.
"""
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = float(os.environ.get("PATIENCE", "15"))


class Failure(Exception):
    """A step failed."""


class Terminal:
    def __init__(self, size, keep_stdin):
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        self.seen = b""
        self.read_to = self.cut_to = 0
        self.status = None
        self.is_stopped = False
        self.pid = 0
        self.keep_stdin = keep_stdin
        self.set_size(size)
        self.before = termios.tcgetattr(self.slave)

    def set_size(self, text):
        cols, rows, x, y = (text + "x0x0").split("x")[:4]
        packed = struct.pack("HHHH", int(rows), int(cols), int(x), int(y))
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, packed)

    def start(self, command):
        if os.getsid(0) != os.getpid():
            os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        # we write to the terminal's settings from its background
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.pid = os.fork()
        if self.pid == 0:
            self.become(command)
        try:
            os.setpgid(self.pid, self.pid)
        except OSError:
            pass  # the child was faster

    def become(self, command):
        os.setpgid(0, 0)
        os.tcsetpgrp(self.slave, os.getpid())
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE,
                       signal.SIGTTOU, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        # descriptors that are not to be the terminal are given by name
        for fd, name in enumerate(("STDIN", "STDOUT", "STDERR")):
            if fd == 0 and self.keep_stdin:
                continue
            path = os.environ.pop(name, None)
            os.dup2(self.slave if path is None else
                    os.open(path, os.O_RDWR | os.O_CREAT, 0o600), fd)
        os.execvp(command[0], command)

    def watch(self, seconds=0.02):
        """Take what appears; notice what becomes of the command."""
        if self.master >= 0:
            ready, _, _ = select.select([self.master], [], [], seconds)
            while ready:
                try:
                    got = os.read(self.master, 65536)
                except BlockingIOError:
                    break
                self.seen += got
        else:
            time.sleep(seconds)
        if self.status is not None:
            return
        pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
        if pid == 0:
            return
        if os.WIFSTOPPED(status):
            self.is_stopped = True
        else:
            self.status = os.waitstatus_to_exitcode(status)
            if self.status < 0:
                self.status = 128 - self.status
            self.watch(0)

    def wait_for(self, what, condition):
        end = time.time() + PATIENCE
        while not condition():
            if time.time() > end:
                raise Failure("still waiting for " + what)
            if self.status is not None:
                # what it left may still be in the queue
                self.watch(0.1)
                if condition():
                    return
                if what != "the end":
                    raise Failure("it ended before " + what)
            self.watch()

    def modes(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return self.modes()[3] & (termios.ICANON | termios.ECHO) == 0

    def environment(self):
        return dict(os.environ, pid=str(self.pid))

    def shell(self, script):
        return subprocess.run(["sh", "-c", script], env=self.environment(),
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=sys.stderr).returncode == 0

    def write(self, data):
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                pass
            self.watch(0)

    # --- the verbs ---

    def expect(self, text):
        wanted = os.fsencode(text)
        self.wait_for(repr(text),
                      lambda: self.seen.find(wanted, self.read_to) >= 0)
        self.read_to = self.seen.find(wanted, self.read_to) + len(wanted)

    def send(self, text):
        self.write(os.fsencode(text))

    def paste(self, path):
        with open(path, "rb") as file:
            self.write(file.read())

    def size(self, text):
        self.set_size(text)

    def signal(self, name):
        os.kill(self.pid, getattr(signal, "SIG" + name))

    def do(self, script):
        if not self.shell(script):
            raise Failure("failed: " + script)

    def await_(self, script):
        self.wait_for(script, lambda: self.shell(script))

    def modes_(self, which):
        if which == "raw":
            self.wait_for("raw modes", self.is_raw)
        else:
            self.wait_for("the old modes",
                          lambda: self.modes() == self.before)

    def stopped(self, _):
        self.wait_for("its stop", lambda: self.is_stopped)
        os.tcsetpgrp(self.slave, os.getpgrp())
        if self.modes() != self.before:
            raise Failure("stopped with other modes")

    def fg(self, _):
        self.is_stopped = False
        os.tcsetpgrp(self.slave, self.pid)
        os.killpg(self.pid, signal.SIGCONT)

    def quiet(self, seconds):
        before = len(self.seen)
        end = time.time() + float(seconds)
        while time.time() < end:
            self.watch()
        if len(self.seen) != before:
            raise Failure("not quiet: %r" % self.seen[before:])

    def end(self, _):
        self.wait_for("the end", lambda: self.status is not None)

    def cut(self, path):
        self.watch(0)
        with open(path, "wb") as file:
            file.write(self.seen[self.cut_to:])
        self.cut_to = self.read_to = len(self.seen)

    def close(self, _):
        os.close(self.master)
        self.master = -1


METHODS = {"await": "await_", "modes": "modes_"}


def main():
    at = sys.argv.index("--")
    steps, command = sys.argv[1:at], sys.argv[at + 1:]
    keep_stdin = os.environ.pop("KEEP_STDIN", "") != ""
    terminal = Terminal(os.environ.get("SIZE", "80x24"), keep_stdin)
    terminal.start(command)
    failure = None
    try:
        for i in range(0, len(steps), 2):
            failure = "%s %r" % (steps[i], steps[i + 1])
            method = METHODS.get(steps[i], steps[i])
            getattr(terminal, method)(steps[i + 1])
        failure = "the end"
        terminal.end(None)
    except Failure as reason:
        print("terminal: at %s: %s" % (failure, reason), file=sys.stderr)
        if terminal.status is None:
            os.kill(terminal.pid, signal.SIGKILL)
        sys.stdout.buffer.write(terminal.seen)
        sys.exit(201)
    sys.stdout.buffer.write(terminal.seen)
    sys.stdout.buffer.flush()
    if terminal.master >= 0 and terminal.modes() != terminal.before:
        print("terminal: the modes are not what they were: %r, %r" %
              (terminal.before, terminal.modes()), file=sys.stderr)
        sys.exit(200)
    sys.exit(terminal.status)


main()
