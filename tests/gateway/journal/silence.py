"""A way to a PostgreSQL server on which, from some moment on, nothing that the server says arrives any more."""

import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

COMMIT = b"COMMIT\0"


@dataclass
class Way:
    """Passes on what a client and a server say, until it is `silent`: it still accepts, and never answers.

    `at_commit`: it falls silent by itself once it has passed a COMMIT on. `messages`: how often a client spoke after
    the server, so many times it waited for an answer.
    """

    server: str
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    silent: threading.Event = field(default_factory=threading.Event)
    at_commit: bool = False
    messages: int = 0
    _sockets: list[socket.socket] = field(default_factory=list)

    @classmethod
    def to(cls, url: str) -> "Way":
        """The way to the server of a URL whose host is the folder of its socket; it serves at once."""
        way = cls(f"{url.partition('?host=')[2]}/.s.PGSQL.5432")
        threading.Thread(target=way._serve, daemon=True).start()
        return way

    def url(self, of: str) -> str:
        """The URL by which the database of another one is reached on this way."""
        name = of.partition("@/")[2].partition("?")[0]
        port = self.listener.getsockname()[1]
        return f"postgresql://postgres@127.0.0.1:{port}/{name}?sslmode=disable&gssencmode=disable"

    def speak(self) -> None:
        """End the silence: who waited is cut off, and who comes is served."""
        self.at_commit = False
        self.silent.clear()
        self._cut()

    def close(self) -> None:
        """Serve nobody any more."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._cut()

    def _cut(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self.server)
            last = server
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source, sink in ((client, server), (server, client)):
                    if source not in ready:
                        continue
                    said = source.recv(65536)
                    if not said:
                        return
                    if self.silent.is_set():
                        continue
                    self.messages += source is client and last is server
                    last = source
                    if self.at_commit and source is client and COMMIT in said:
                        self.silent.set()
                    sink.sendall(said)
