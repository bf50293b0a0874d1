"""Floods: what another client notices of each, beside the same client undisturbed, in one run of about a minute.

`python -m benchmarks.floods` runs them and prints the table; `--write` puts it into docs/performance.md as well. Each
flood is a process of its own, bounded in time and number, on the loopback interface alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import calls, gateway, others
from benchmarks.gateway import KEY
from benchmarks.load import Call, for_seconds
from benchmarks.machine import Cores, available, described, pinned
from benchmarks.report import paragraph
from benchmarks.server import Server, free_port
from benchmarks.stream import Answered, Stream
from benchmarks.tabs import EVERY, TABS, tabs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- floods begin -->", "<!-- floods end -->"
FLOODER, WRITER = "f" * 40, "g" * 40
SLOW, PLACES = 0.05, 16
"""Seconds after which the slow vendor answers, and how many calls to it may be under way."""
RATE, CONNECTIONS = 50.0, 8
"""Requests a second of the client that is watched, and its connections."""
WITHIN = 30.0
_BALANCE = "/v1/members/email:a@example.com/balance"


def _raw(method: str, path: str, key: str | None = None, *lines: str, body: bytes = b"") -> Callable[[], bytes]:
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *lines]
    head += [f"Authorization: Bearer {key}"] if key else []
    head += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    request = "\r\n".join([*head, "", ""]).encode() + body
    return lambda: request


def _writes(run: str) -> Call:
    """Adjustments of the client that floods, which has a key of its own for one tenant alone."""
    return calls.adjustments(WRITER, run)


def _large() -> bytes:
    """An adjustment of almost the size that is allowed, most of which is one adapter's options."""
    options = {f"name{number}": "x" * 90 for number in range(600)}
    return json.dumps({"member": "profile_id:1", "points": "5", "options": {"fabric": options}}).encode()


@dataclass(frozen=True, slots=True)
class Flood:
    """A kind of request that one sender makes as fast as it is answered, on so many connections."""

    name: str
    request: Callable[[], bytes]
    connections: int = 64
    slow: bool = False
    """Whether the client that is watched asks the slow vendor, too."""


FLOODS: Sequence[Flood] = (
    Flood("no key", _raw("GET", "/v1/capabilities")),
    Flood("a wrong key", _raw("GET", "/v1/capabilities", "w" * 40)),
    Flood("`/readyz`", _raw("GET", "/readyz")),
    Flood("offers to upgrade", _raw("GET", "/v1/capabilities", None, "Connection: Upgrade", "Upgrade: websocket")),
    Flood("one client's reads", _raw("GET", _BALANCE, FLOODER, "X-Tenant: acme")),
    Flood(
        "one client's previews, 60 KB",
        _raw("POST", "/v1/adjustments/preview", FLOODER, "X-Tenant: acme", body=_large()),
    ),
    Flood("one client at a slow vendor", _raw("GET", _BALANCE, FLOODER, "X-Tenant: slow"), slow=True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What the client that is watched saw of a flood: undisturbed, and disturbed; and what became of the flood."""

    name: str
    before: Answered
    during: Answered
    flood: Answered
    note: str = ""

    def ratio(self, share: float) -> float:
        """How many times later the answers came."""
        return self.during.percentile(share, 200) / self.before.percentile(share, 200)

    @property
    def line(self) -> str:
        """The row of the table."""
        statuses = ", ".join(f"{number:,} of {status or 'none'}" for status, number in self.flood.statuses.items())
        before, during = (
            " / ".join(f"{each.percentile(share, 200) * 1000:.0f}" for share in (0.5, 0.99))
            for each in (self.before, self.during)
        )
        failed = self.during.total - self.during.count(200)
        ratios = f"{self.ratio(0.5):.1f} / {self.ratio(0.99):.1f}"
        return f"| {self.name} | {statuses}{self.note} | {before} | {during} | {ratios} | {failed} |"


class Bench:
    """A gateway before a fast vendor and a slow one, the client that is watched, and who floods.

    `admin`: the port of the console.
    """

    def __init__(self, served: Server, admin: int) -> None:
        self.server = served
        self.admin = admin

    def watched(self, seconds: float, *, slow: bool) -> Answered:
        """What the watched client sees for some seconds."""
        request = _raw("GET", _BALANCE, KEY, f"X-Tenant: {'slow' if slow else 'acme'}")
        return Stream(self.server.port, request, connections=CONNECTIONS, seconds=seconds, rate=RATE).run()

    def followed(self, seconds: float) -> Row:
        """The row of the console: it is no flood, and nobody should notice it."""
        before = self.watched(seconds, slow=False)
        with _sender("tabs", str(TABS), str(self.admin), str(seconds + 1)) as sender:
            during = self.watched(seconds, slow=False)
            heard = _heard(sender)
        return Row(f"{TABS} tabs that follow the console", before, during, heard)

    def flooded(self, flood: Flood, seconds: float) -> Row:
        """One row."""
        before = self.watched(seconds, slow=flood.slow)
        with _sender("flood", flood.name, str(self.server.port), str(seconds + 1)) as sender:
            during = self.watched(seconds, slow=flood.slow)
            heard = _heard(sender)
        return Row(flood.name, before, during, heard)

    def overloaded(self, seconds: float) -> Row:
        """The last row: one client offers twice as many writes as can be served, in an open loop."""
        run = uuid4().hex
        served = for_seconds(self.server.port, _writes(run), connections=64, seconds=seconds)
        before = self.watched(seconds, slow=False)
        with _sender("overload", str(2 * served.rate), str(self.server.port), str(seconds + 1)) as sender:
            during = self.watched(seconds, slow=False)
            heard = _heard(sender)
        accepted, refused = heard.count(201) / heard.seconds, heard.percentile(0.5, 503) * 1000
        note = (
            f"; {accepted / served.rate:.0%} of the {served.rate:.0f} a second that a closed loop reached, "
            f"p99 of accepted {heard.percentile(0.99, 201) * 1000:.0f} ms, p50 of refused {refused:.0f} ms, "
            f"{heard.within(0.1, 503):.0%} of them within 100 ms"
        )
        return Row("twice the writes that can be served", before, during, heard, note)


@contextmanager
def _sender(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "benchmarks.floods", "--send", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        sender.stdout.readline()  # it has begun
        yield sender
        sender.kill()


def _heard(sender: "subprocess.Popen[str]") -> Answered:
    told, _ = sender.communicate(timeout=3 * WITHIN)
    found = json.loads(told)
    return Answered({int(status): each for status, each in found["latencies"].items()}, found["seconds"])


def _send(kind: str, which: str, port: str, seconds: str) -> None:
    """Be the process that floods: say that it begins, and in the end what it heard."""
    until = float(seconds)
    if kind == "tabs":
        with tabs(int(port), int(which)) as latencies:
            print(flush=True)
            time.sleep(until)
        print(json.dumps({"latencies": latencies, "seconds": until}))
        return
    if kind == "overload":
        call = _writes(uuid4().hex)
        stream = Stream(int(port), call.request, connections=512, seconds=until, rate=float(which), most=20_000)
    else:
        [flood] = [each for each in FLOODS if each.name == which]
        stream = Stream(int(port), flood.request, connections=flood.connections, seconds=until)
    print(flush=True)
    heard = stream.run()
    print(json.dumps({"latencies": heard.latencies, "seconds": heard.seconds}))


def configuration(vendor: int, slow: int, admin: int) -> dict[str, Any]:
    """The usual one, with who floods, with a slow vendor that both clients may ask, and with a console."""
    whole = gateway.configuration(vendor, "sqlite:///journal.db")
    whole["vendors"]["club"]["max_concurrency"] = 1000
    slow_one = {"base_url": f"http://127.0.0.1:{slow}/API", "max_concurrency": PLACES}
    whole["vendors"]["slow"] = {**whole["vendors"]["arcade"], **slow_one}
    whole["tenants"]["slow"] = {"routes": {"balance": "slow"}}
    whole["clients"]["app"]["tenants"] = ["acme", "slow"]
    whole["clients"]["flooder"] = {**whole["clients"]["app"], "keys": [FLOODER], "tenants": ["acme", "slow"]}
    whole["clients"]["writer"] = {**whole["clients"]["flooder"], "keys": [WRITER], "tenants": ["acme"]}
    return whole | gateway.console(admin)


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """Run the servers. Raises `NotStarted`."""
    cores = Cores.of(available())
    with ExitStack() as stack:
        stack.enter_context(pinned(cores.load))

        def started(server: Server, call: Call) -> Server:
            stack.callback(server.stop)
            return server.answers(call, within=WITHIN)

        fast = started(others.fake_vendor(folder / "fast", cores=cores.vendor), calls.vendor_balances())
        slow = started(others.fake_vendor(folder / "slow", cores=cores.vendor, delay=SLOW), calls.vendor_balances())
        admin = free_port()
        served = gateway.start(folder / "gateway", configuration(fast.port, slow.port, admin), cores=cores.one)
        yield Bench(started(served, calls.ready()), admin)


def table(rows: Sequence[Row]) -> str:
    """The table, with what stands in it."""
    return "\n".join(
        [
            paragraph(f"Measured on {described()}. Another client reads {RATE:.0f} balances a second meanwhile."),
            "",
            "| flood | its answers, by status | alone p50 / p99, ms | during, ms | times as late | not 200 |",
            "|---|---|---|---|---|---|",
            *(row.line for row in rows),
        ]
    )


def main() -> None:
    """Run, or be a process that floods."""
    parser = argparse.ArgumentParser(description="Flood a gateway, and watch another client.")
    parser.add_argument("--write", action="store_true", help="Write the table into docs/performance.md.")
    parser.add_argument("--seconds", type=float, default=3.0, help="How long each flood is watched.")
    parser.add_argument("--send", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.send:
        _send(*asked.send)
        return
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as running:
        rows = [running.followed(4 * EVERY), *(running.flooded(flood, asked.seconds) for flood in FLOODS)]
        rows.append(running.overloaded(asked.seconds))
    print(table(rows))
    if asked.write:
        page = PAGE.read_text("utf-8")
        head, tail = page.partition(BEGIN)[0], page.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n{table(rows)}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
