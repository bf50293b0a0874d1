"""A gateway that answers every read, after a moment, and remembers who asked and how many at once."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BALANCE = (
    b'{"member": "email:%s", "point_type": null, "available": "5", "lifetime": null, "updated_at": null,'
    b' "vendor": {"name": "crm", "adapter": "a", "details": {}}, "as_of": "2024-03-29T06:37:11Z", "cached": false}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Crowd:
    """The server; `pause` is in seconds, and `most` how many requests it had at once."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.port = 0
        self.asked: list[str] = []
        self.at_once = 0
        self.most = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                member = head.split(b"email%3A")[1].split(b"/")[0]
                self.asked.append(member.decode())
                self.at_once += 1
                self.most = max(self.most, self.at_once)
                await asyncio.sleep(self.pause)
                self.at_once -= 1
                body = BALANCE % member
                writer.write(HEAD % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def run(self, ready: threading.Event, over: asyncio.Event) -> None:
        """Serve until it is over."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()


@contextmanager
def crowd(pause: float = 0.0) -> Iterator[Crowd]:
    """Serve in a thread of its own."""
    made = Crowd(pause)
    ready, over, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(made.run(ready, over)))
    thread.start()
    try:
        ready.wait()
        yield made
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
