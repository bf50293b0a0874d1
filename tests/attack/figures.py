"""The figures of a run, as a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.adjustments import Status
from tests.attack.acts import Act
from tests.attack.checker import Violation
from tests.attack.testimony import Testimony


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in one run. `ends`: of gateways; `faults`: of the network; `seconds`: how long it took.

    `set_back`: how often a gateway's clock was.
    """

    testimony: Testimony
    violations: Sequence[Violation]
    ends: Mapping[str, int]
    faults: Mapping[str, int]
    seconds: float
    set_back: int = 0

    def table(self) -> str:
        """Every figure, in Markdown."""
        rows = [("figure", "number"), ("---", "---:")]
        rows += [(name, str(number)) for name, number in self._rows()]
        return "\n".join(f"| {name} | {number} |" for name, number in rows)

    def _rows(self) -> list[tuple[str, int]]:
        said = self.testimony
        standing = Counter(kept.status for kept in said.kept)
        answers = Counter("none" if heard.status is None else str(heard.status) for heard in said.heard)
        received = Counter(entry.act for entry in said.ledger if entry.kind == "received")
        kills = {end: number for end, number in self.ends.items() if end != "SIGTERM"}
        bad = {act: number for act, number in received.items() if act != Act.APPLY.value}
        steps = [step for kept in said.kept for step in kept.history]
        return [
            ("keys", len(said.asked)),
            ("gateways killed", sum(kills.values())),
            *_parts(kills),
            ("gateways stopped by SIGTERM", self.ends.get("SIGTERM", 0)),
            ("clocks set back", self.set_back),
            ("faults of the network", sum(self.faults.values())),
            *_parts(self.faults),
            ("requests that reached the vendor", received.total()),
            ("faults and refusals of the vendor", sum(bad.values())),
            *_parts(bad),
            ("answers to callers", answers.total()),
            *_parts(answers),
            ("keys repeated with another body", len({heard.key for heard in said.heard if heard.changed})),
            ("... new keys allowed and taken", sum(asked.instead_of is not None for asked in said.asked)),
            ("effects at the vendor", sum(entry.kind == "applied" for entry in said.ledger)),
            ("attempts", sum(kept.attempts for kept in said.kept)),
            ("repeats", sum(kept.record.state.repeats for kept in said.kept)),
            ("... that settled", sum(step.by == "repeat" and step.after is Status.SUCCEEDED for step in steps)),
            *((status.value, standing[status]) for status in Status),
            ("seconds", round(self.seconds)),
            ("violations", len(self.violations)),
        ]


def _parts(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(f"... {name}", numbers[name]) for name in sorted(numbers)]
