"""A long way to a server: passes everything on, late, and counts flights.

flights.py PORT MILLISECONDS FILE

A flight is what a client sends between two things that it hears: each costs
a round trip. FILE holds how many of them a connection has had so far.
Prints "port N" when it listens on port N of 127.0.0.1.
"""
import asyncio
import sys
from pathlib import Path


class Way:
    """Both directions of one connection."""

    def __init__(self, delay, file):
        self.delay, self.file = delay, file
        self.flights, self.has_heard = 0, True

    async def carry(self, who, reader, writer):
        """Read at once, write after the delay: nothing waits for a write."""
        queue = asyncio.Queue()
        late = asyncio.create_task(self.deliver(who, queue, writer))
        try:
            while data := await reader.read(65536):
                if who == "client" and self.has_heard:
                    self.flights += 1
                    self.has_heard = False
                    self.file.write_text(f"{self.flights}\n")
                queue.put_nowait((asyncio.get_running_loop().time(), data))
        except OSError:
            pass
        queue.put_nowait((asyncio.get_running_loop().time(), None))
        await late

    async def deliver(self, who, queue, writer):
        while True:
            came, data = await queue.get()
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(came + self.delay - now)
            try:
                if data is None:
                    writer.write_eof()
                    return
                writer.write(data)
                self.has_heard = self.has_heard or who == "server"
                await writer.drain()
            except OSError:
                return


async def main():
    port, delay = int(sys.argv[1]), int(sys.argv[2]) / 2000

    async def serve(reader, writer):
        way = Way(delay, Path(sys.argv[3]))
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(way.carry("client", reader, back),
                             way.carry("server", there, writer))
        writer.close()
        back.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
