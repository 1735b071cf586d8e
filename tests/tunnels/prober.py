#!/usr/bin/env python3
"""Try a request through tunnels again and again, and look at what is claimed.

prober.py EVERY PATIENCE TARGET NAME=PORT[=STATUS_FILE]...

Every EVERY seconds one connection to each PORT of 127.0.0.1 asks what is behind
it for its name, which must be TARGET's (tests/peers/traffic.py). Each request becomes one line
of JSON when it is over: the NAME of the tunnel, when it began and ended
(CLOCK_MONOTONIC), the result - ok, or how it failed: refused, reset, closed
(early), wrong (another answer), silent (none for PATIENCE seconds) - and what
hawser's StatusFile said before and after it. The prober ends with its standard
input.

Readiness lies
--------------
A tunnel's state "ready" is a promise: a request made now is answered. A sample
counts if the status file said so when the request began. Such a sample is a
lie if the request was not answered rightly, but for two reasons, which are the
only ones:

1. The tunnel broke, and hawser said so. While the request was under way, or no
   later than GRACE after it had failed, the status file told another state, or
   the same since another time, than when the request began. Nobody can know
   sooner than the news arrives; GRACE is for what the two processes and the
   path take.

2. Nobody could know yet. The request was not refused, reset, closed or answered
   wrongly, but got no answer at all, and it began while a silent fault was
   younger than the detection time that the settings promise. (A silent fault
   is one that no packet tells of: a path cut, a process stopped, an entry of a
   NAT lost. The lab writes down when it began.) What is refused, reset or
   closed under a promise is never excused this way, and neither is silence
   after the detection time.

That a request succeeds while the state is not "ready" is no lie.
"""
import asyncio
import json
import sys
import time

GRACE = 0.2
LOOK_EVERY = 0.01
READY = "ready"


def status_of(path):
    """What a status file says, as it is needed here; None without one."""
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as f:
            said = json.load(f)
    except FileNotFoundError:
        return {"state": "absent"}
    return {"state": said["state"], "since": said["since"]}


async def ask(target, port):
    """One request; how it ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"name\n")
        answer = await reader.read(100)
    finally:
        writer.close()
    if not answer:
        return "closed"
    return "ok" if answer.strip() == target.encode() else "wrong"


async def result_of(target, port, patience):
    try:
        return await asyncio.wait_for(ask(target, port), patience)
    except asyncio.TimeoutError:
        return "silent"
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset"
    except OSError as e:
        return f"error: {e}"


async def next_status(path, before):
    """What the file says once it says something else, or for long enough."""
    end = time.monotonic() + GRACE
    while (after := status_of(path)) == before and time.monotonic() < end:
        await asyncio.sleep(LOOK_EVERY)
    return after


async def sample(name, port, path, target, patience):
    begin, before = time.monotonic(), status_of(path)
    result = await result_of(target, port, patience)
    end = time.monotonic()
    after = None
    if path is not None and before["state"] == READY and result != "ok":
        after = await next_status(path, before)
    print(json.dumps({"name": name, "begin": begin, "end": end,
                      "result": result, "before": before, "after": after}),
          flush=True)


async def probe(every, patience, target, tunnels):
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, over.set)
    # what a task did not wait for any more
    loop.set_exception_handler(lambda *_: None)
    running, when = set(), time.monotonic()
    while not over.is_set():
        for tunnel in tunnels:
            task = asyncio.ensure_future(sample(*tunnel, target, patience))
            running.add(task)
            task.add_done_callback(running.discard)
        when += every
        await asyncio.sleep(when - time.monotonic())
    await asyncio.gather(*running)


def is_lie(found, faults, detection):
    """See above; faults are the beginnings of silent ones."""
    if found["before"] is None or found["before"]["state"] != READY:
        return False
    if found["result"] == "ok" or found["after"] != found["before"]:
        return False
    return found["result"] != "silent" or not any(
        found["begin"] - detection <= f <= found["end"] for f in faults)


def is_promise(found):
    return found["before"] is not None and found["before"]["state"] == READY


def main():
    every, patience = map(float, sys.argv[1:3])
    tunnels = []
    for word in sys.argv[4:]:
        name, port, *path = word.split("=")
        tunnels.append((name, int(port), path[0] if path else None))
    asyncio.run(probe(every, patience, sys.argv[3], tunnels))


if __name__ == "__main__":
    main()
