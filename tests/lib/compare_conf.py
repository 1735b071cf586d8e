#!/usr/bin/python3
"""Compare what -G says with what ssh -G says, for each configuration file of a
folder. A file begins with comments: the host to ask for, and, if there are any,
the words before it on the command line:

    # host: quay [command]
    # args: -p 22

@DIR@ in a file is the folder that the files are copied to. The file
"differences" says what is not compared: a keyword, the files (a pattern;
"default" is all that do not name the keyword), and why. After "order", a list is
compared as a set.

    compare_conf.py PROGRAM SSH FOLDER SCRATCH [PATTERN]
"""
import fnmatch
import os
import re
import shlex
import subprocess
import sys

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nowhere",
    "LC_ALL": "C",
    "CORPUS_DIR": "/tmp/corpus",
    "CORPUS_AGENT": "/tmp/corpus/agent",
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
    "LSAN_OPTIONS": os.environ.get("LSAN_OPTIONS", ""),
}


def read(path):
    with open(path, encoding="latin-1", newline="") as file:
        return file.read()


def differences(folder):
    """Triples of keyword, pattern of files and how; the reason is for people."""
    for line in read(f"{folder}/differences").splitlines():
        if line and not line.startswith(("#", " ", "\t")):
            keyword, files, how = (line.split() + ["skip"])[:3]
            yield keyword, files, how


def copy(folder, scratch):
    os.makedirs(scratch, exist_ok=True)
    for name in os.listdir(folder):
        text = read(f"{folder}/{name}").replace("@DIR@", scratch)
        with open(f"{scratch}/{name}", "w", encoding="latin-1",
                  newline="") as file:
            file.write(text)


def field(text, name):
    found = re.search(f"^# {name}: (.*?)\r?$", text, re.M)
    return found.group(1) if found else ""


def start(program, path, text):
    words = [program, "-G", "-F", path, *shlex.split(field(text, "args")),
             *field(text, "host").split()]
    return subprocess.Popen(words, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            encoding="latin-1")


def as_set(line):
    keyword, _, value = line.partition(" ")
    return keyword + " " + ",".join(sorted(value.split(",")))


def lines_of(output, name, text, rules):
    """The lines that are compared."""
    kept = []
    for line in output.splitlines():
        keyword = line.split(" ")[0].lower()
        skip = False
        for rule, files, how in rules:
            if rule != keyword:
                continue
            if files == "default":
                applies = not re.search(rf"(?i)\b{keyword}\b", text)
            else:
                applies = fnmatch.fnmatch(name, files)
            if applies and how == "order":
                line = as_set(line)
            elif applies:
                skip = True
        if not skip:
            kept.append(line)
    return kept


def as_error(text):
    """Messages as one line; without one that ssh has for all without a
    terminal, and the usage text, which has its own test."""
    kept = [line.strip() for line in text.split("\n")]
    kept = [line for line in kept if not line.startswith("Pseudo-terminal")]
    return "error " + " | ".join(kept).split("usage:")[0].strip(" |")


def compare(name, text, ours, theirs, rules):
    """Print where two results differ; is there anything?"""
    our_out, our_err = ours.communicate()
    their_out, their_err = theirs.communicate()
    if ours.returncode != theirs.returncode:
        print(f"{name}: status {ours.returncode}, not {theirs.returncode}: "
              f"{our_err.strip()!r}, not {their_err.strip()!r}")
        return True
    if ours.returncode != 0:
        mine = lines_of(as_error(our_err), name, text, rules)
        other = lines_of(as_error(their_err), name, text, rules)
    else:
        mine = lines_of(our_out, name, text, rules)
        other = lines_of(their_out, name, text, rules)
    for line in mine:
        if line not in other:
            print(f"{name}: + {line}")
    for line in other:
        if line not in mine:
            print(f"{name}: - {line}")
    if mine != other and sorted(mine) == sorted(other):
        print(f"{name}: in another order")
    return mine != other


def main(program, ssh, folder, scratch, pattern="*"):
    rules = list(differences(folder))
    bad = count = 0
    copy(folder, scratch)
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".conf") or not fnmatch.fnmatch(name, pattern):
            continue
        path = f"{scratch}/{name}"
        text = read(path)
        count += 1
        bad += compare(name, text, start(program, path, text),
                       start(ssh, path, text), rules)
    print(f"{count} files, {bad} differ")
    return bad != 0 or count == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
