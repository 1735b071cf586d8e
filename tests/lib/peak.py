"""Run a command, and write how much memory it used at most (MiB) to a file, and
how long it computed (ms): peak.py FILE COMMAND [ARGUMENT]..."""
import resource
import signal
import subprocess
import sys

# then the command ends too
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as f:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(usage.ru_maxrss // 1024,
          round((usage.ru_utime + usage.ru_stime) * 1000), file=f)
sys.exit(status if status >= 0 else 128 - status)
