"""The figures of a run, as a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.adjustments import Status
from tests.attack.acts import Act
from tests.attack.checker import Violation
from tests.attack.testimony import Testimony, Word


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in one run. `ends`: of gateways; `faults`: of the network; `seconds`: how long it took.

    `set_back`: how often a gateway's clock was; `reloads`: of configurations, by what came of them; `pauses`: how often
    an operator paused something.
    """

    testimony: Testimony
    violations: Sequence[Violation]
    ends: Mapping[str, int]
    faults: Mapping[str, int]
    seconds: float
    set_back: int = 0
    reloads: Mapping[str, int] = field(default_factory=dict)
    pauses: int = 0

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
            ("reloads of a gateway", sum(self.reloads.values())),
            *_parts(self.reloads),
            ("pauses", self.pauses),
            ("... answers that told of one", sum(heard.code in ("paused", "client_paused") for heard in said.heard)),
            ("faults of the network", sum(self.faults.values())),
            *_parts(self.faults),
            ("requests that reached the vendor", received.total()),
            ("faults and refusals of the vendor", sum(bad.values())),
            *_parts(bad),
            ("answers to callers", answers.total()),
            *_parts(answers),
            ("keys repeated with another body", len({heard.key for heard in said.heard if heard.changed})),
            ("... new keys allowed and taken", sum(asked.instead_of is not None for asked in said.asked)),
            *self._reversals(),
            ("adjustments erased", sum(kept.record.removal == "erased" for kept in said.kept)),
            ("adjustments purged", sum(kept.record.removal == "purged" for kept in said.kept)),
            (
                "adjustments of looked-up members",
                sum(kept.record.draft.write.resolved is not None for kept in said.kept),
            ),
            ("attempts that went on with another token", sum("refused_before" in step.evidence for step in steps)),
            ("events read from the feed", sum(map(len, said.events or ()))),
            ("... from its beginning", len(said.events or ())),
            ("effects at the vendor", sum(entry.kind == "applied" for entry in said.ledger)),
            ("attempts", sum(kept.attempts for kept in said.kept)),
            ("repeats", sum(kept.record.state.repeats for kept in said.kept)),
            ("... that settled", sum(step.by == "repeat" and step.after is Status.SUCCEEDED for step in steps)),
            *((status.value, standing[status]) for status in Status),
            ("seconds", round(self.seconds)),
            ("violations", len(self.violations)),
        ]

    def _reversals(self) -> list[tuple[str, int]]:
        asked = [asked.reverses.of.key for asked in self.testimony.asked if asked.reverses is not None]
        claimed = [kept for kept in self.testimony.kept if kept.record.draft.write.operation == "reverse"]
        standing = Counter(kept.status for kept in claimed)
        words = {heard.key: heard.word for heard in self.testimony.heard}
        return [
            ("reversals", len(asked)),
            ("... of so many adjustments", len(set(asked))),
            ("... by the vendor's own cancel", sum(kept.record.draft.write.linked for kept in claimed)),
            ("... by the opposite sign", sum(not kept.record.draft.write.linked for kept in claimed)),
            ("... tried more than once", sum(kept.attempts > 1 for kept in claimed)),
            *((f"... {status}", standing[status]) for status in (Status.SUCCEEDED, Status.FAILED, Status.UNKNOWN)),
            ("... refused to the end, as not enough was left", sum(word is Word.REFUSED for word in words.values())),
        ]


def _parts(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(f"... {name}", numbers[name]) for name in sorted(numbers)]
