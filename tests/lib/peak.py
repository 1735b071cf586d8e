"""Run a command, and write how much memory it used at most to a file:
peak.py FILE COMMAND [ARGUMENT]... (the number is in MiB)."""
import resource
import signal
import subprocess
import sys

# then the command ends too
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as f:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(usage.ru_maxrss // 1024, file=f)
sys.exit(status if status >= 0 else 128 - status)
