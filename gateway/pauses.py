"""What operators have paused: where no attempt of a write may begin for a while. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

PauseKind = Literal["all", "tenant", "vendor", "client"]
"""What is paused: every write, or those of one tenant, vendor or client."""
PAUSE_KINDS: tuple[PauseKind, ...] = get_args(PauseKind)
RETRY_AFTER = 60
"""Seconds that callers are told to wait, unless the operator says otherwise."""
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause. `name`: of the tenant, vendor or client, empty for `all`; `reason`: for callers, may be empty.

    `retry_after`: seconds after which a caller may try again.
    """

    kind: PauseKind
    name: str = ""
    reason: str = ""
    retry_after: int = RETRY_AFTER

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


class _Written(Protocol):
    """Whose write it is, and to which vendor it goes."""

    @property
    def client(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def vendor(self) -> str: ...


class Pauses:
    """Pauses that are in force together, by what they are of."""

    def __init__(self, pauses: Iterable[Pause | None] = ()) -> None:
        self._by_name = {(each.kind, each.name): each for each in pauses if each is not None}

    def __iter__(self) -> Iterator[Pause]:
        return iter(self._by_name.values())

    def on(self, write: _Written, *vendors: str) -> Pause | None:
        """The pause that keeps a write from its vendor, or from one of these; None where there is none.

        Of several, that of the client comes first, since waiting does not help it.
        """
        if not self._by_name:
            return None
        of_vendors = (("vendor", name) for name in (write.vendor, *vendors))
        places = (("client", write.client), ("all", ""), ("tenant", write.tenant), *of_vendors)
        return next((self._by_name[place] for place in places if place in self._by_name), None)


def configured(kind: PauseKind, name: str, switch: bool | str) -> Pause | None:
    """The pause that a switch in a configuration means: true, or the reason."""
    return Pause(kind, name, switch if isinstance(switch, str) else "") if switch else None


def reason_error(reason: str) -> str | None:
    """The error in a reason; None if it is valid. It is shown to callers, in one line."""
    if not reason.strip() or len(reason) > LONGEST_REASON or not reason.isprintable():
        return f"expected 1 to {LONGEST_REASON} characters in one line, which callers see"
    return None
