"""What is mutated, and the tests that should notice."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = (
    ("samples", "odd_answers", "vouched", "problems", "read_samples", "field_table", "read_table"),
    ("damaged_answers", "conformance"),
)
"""Tests of all adapters, each of which names the adapter that it is about; those that take most are the second."""


@dataclass(frozen=True, slots=True)
class Target:
    """Modules that are mutated, and the tests that hold them, as arguments of pytest.

    Each group of tests runs where no group before it has noticed anything, so that those come first which find most
    and take least.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The modules as they are imported."""
        return tuple(module.removesuffix(".py").replace("/", ".") for module in self.modules)


def _adapter(folder: str, *modules: str) -> Target:
    """An adapter's judgements: its own tests, and what is about it of those that all adapters share."""
    name = folder.replace("_", "-")
    own = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/adapters" / folder).glob("test_*.py"))
    own = [path for path in own if "simulator" not in path]
    choice = f"-k '{folder} or {name}'" if name != folder else f"-k {folder}"
    shared = (" ".join([choice, *(f"tests/adapters/test_{test}.py" for test in tests)]) for tests in SHARED)
    return Target(tuple(f"adapters/{folder}/{module}.py" for module in modules), (" ".join(own), *shared))


TARGETS = {
    "adjustments": Target(
        ("gateway/adjustments.py",),
        (
            "tests/gateway/test_adjustments.py",
            "tests/gateway/answers/test_rendering.py tests/gateway/planning/test_translation.py "
            "tests/gateway/journal/test_codec.py",
        ),
    ),
    "call": Target(
        ("gateway/delivery/call.py",),
        (
            "tests/gateway/delivery/test_verdict.py tests/gateway/delivery/test_call.py",
            "tests/gateway/delivery/test_delivery.py tests/adapters/test_vouched.py tests/gateway/test_issued.py "
            "tests/gateway/test_call_at_random.py",
        ),
    ),
    "meaning": Target(("gateway/meaning.py",), ("tests/gateway/test_meaning.py",)),
    "reversible": Target(("gateway/reversible.py",), ("tests/gateway/test_reversible.py",)),
    "remainders": Target(("gateway/journal/remainders.py",), ("-k sqlite tests/gateway/journal/test_remainders.py",)),
    "contact_points": _adapter("contact_points", "adapter", "wire", "decimals", "history", "contacts"),
    "expiring_points": _adapter("expiring_points", "adapter", "wire", "xml", "booking", "history", "tiers"),
    "fabric": _adapter("fabric", "adapter", "wire"),
    "iactionable": _adapter("iactionable", "adapter", "wire"),
}
