"""What hawser tells programs, checked against docs/events.schema.json.

told.py events FILE     each line is an event: prints its name and what it says
told.py status FILE     a StatusFile, on one line
told.py ready FILE      the line of ReadyFd

What all events have, and what is another value each time, is left out. A
value that is not as the schema says is an error.
"""
import json
import os
import sys

import jsonschema

DULL = {"version", "event", "time", "monotonic_ms", "pid", "host",
        "duration_ms", "since", "started", "written", "identity",
        "fingerprint", "next_attempt"}
SCHEMA = os.path.join(os.path.dirname(__file__), "..", "..", "docs",
                      "events.schema.json")

with open(SCHEMA, encoding="ascii") as file:
    schema = json.load(file)


def check(value, what):
    jsonschema.Draft7Validator.check_schema(schema)
    if what != "events":
        name = {"$ref": "#/definitions/" + what}
        part = {"$schema": schema["$schema"], "definitions":
                schema["definitions"], "allOf": [name]}
    else:
        # the event's own part says best what is wrong
        kinds = schema["definitions"]["events"]
        part = dict(kinds[value["event"]], definitions=schema["definitions"])
    jsonschema.validate(value, part, jsonschema.Draft7Validator)


def shown(value):
    if isinstance(value, dict):
        return " ".join(f"{name}={shown(part)}" for name, part in
                        value.items() if name not in DULL)
    if isinstance(value, list):
        return "[" + "; ".join(shown(part) for part in value) + "]"
    return json.dumps(value).strip('"')


def main():
    what, path = sys.argv[1:]
    with open(path, encoding="utf-8") as told:
        text = told.read()
    if not text.endswith("\n"):
        sys.exit("the last line has no end")
    lines = text.splitlines() if what == "events" else [text]
    for line in lines:
        value = json.loads(line)
        check(value, what)
        print(value.get("event", ""), shown(value))


main()
