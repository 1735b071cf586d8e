"""Check that a file is a valid asciicast v2, and show what is in it.

asciicast.py FILE [KIND]: with a KIND (o, i, r), the text of those events.
"""
import json
import sys


def check(condition, what):
    if not condition:
        sys.exit("not an asciicast: " + what)


def check_header(header):
    check(header.get("version") == 2, "version")
    for name in ("width", "height"):
        check(isinstance(header.get(name), int) and header[name] > 0, name)
    for name, kind in (("timestamp", int), ("title", str), ("command", str),
                       ("env", dict)):
        check(isinstance(header.get(name, kind()), kind), name)
    check(all(isinstance(value, str)
              for value in header.get("env", {}).values()), "env")


def check_event(event, last):
    check(isinstance(event, list) and len(event) == 3, repr(event))
    when, kind, text = event
    check(isinstance(when, (int, float)) and when >= last, "time %r" % when)
    check(kind in ("o", "i", "r", "m"), "kind %r" % kind)
    check(isinstance(text, str), "text")
    if kind == "r":
        cols, rows = text.split("x")
        check(int(cols) > 0 and int(rows) > 0, "size " + text)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    check(text.endswith("\n"), "the end")
    lines = [json.loads(line) for line in text.splitlines()]
    check_header(lines[0])
    last = 0
    for event in lines[1:]:
        check_event(event, last)
        last = event[0]
    wanted = sys.argv[2:]
    for _, kind, text in lines[1:]:
        if kind in wanted:
            sys.stdout.write(text + ("\n" if kind == "r" else ""))


main()
