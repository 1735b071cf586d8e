"""Say how often a secret is in the memory of a process.

in_memory.py key KEY_FILE PID
in_memory.py text TEXT PID

The key is an Ed25519 key in OpenSSH's format, without a passphrase.
"""
import base64
import sys


def secret_of(path):
    with open(path, encoding="ascii") as file:
        lines = file.read().split("\n")
    blob = base64.b64decode("".join(x for x in lines if "-----" not in x))
    # 64 bytes, of which the second half is the public key
    start = blob.rindex((64).to_bytes(4, "big")) + 4
    return blob[start:start + 32]


def written_memory(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            place, mode = line.split()[:2]
            if not mode.startswith("rw"):
                continue
            start, end = (int(x, 16) for x in place.split("-"))
            memory.seek(start)
            yield memory.read(end - start)


def main():
    kind, what, pid = sys.argv[1:]
    secret = secret_of(what) if kind == "key" else what.encode()
    print(sum(x.count(secret) for x in written_memory(pid)))


main()
