"""The ways in which a simulator can be told to misbehave, and the queue of those that are due.

`apply` and `when` say whether the vendor's own handling, and with it the effect, takes place.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
HeaderText = Annotated[str, Field(pattern=r"^[\x20-\x7e]*$")]
When = Literal["before", "after"]


def _not_framing(headers: dict[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in ("content-type", "content-length", "transfer-encoding"):
            raise ValueError(f"{name} is not given here")
    return headers


HeaderFields = Annotated[
    dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], HeaderText], AfterValidator(_not_framing)
]


class Fault(BaseModel):
    """What every fault has: how many requests it spoils, and of which HTTP method (None: of any)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    kind: str
    times: int = Field(1, ge=1, le=1_000_000)
    method: str | None = Field(None, pattern=r"^[A-Z]+$")


class Status(Fault):
    """Answers with this status, body and headers; nothing is applied unless `apply`."""

    kind: Literal["status"]
    status: int = Field(ge=200, le=599)
    body: str = ""
    content_type: HeaderText = "application/json; charset=utf-8"
    headers: HeaderFields = Field(default_factory=dict)
    apply: bool = False


class Html(Fault):
    """Answers with a page, as a proxy in between would; nothing is applied unless `apply`."""

    kind: Literal["html"]
    status: int = Field(502, ge=200, le=599)
    body: str = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
    apply: bool = False


class Body(Fault):
    """Answers 200 with this body; nothing is applied unless `apply`."""

    kind: Literal["body"]
    body: str
    content_type: HeaderText = "application/json; charset=utf-8"
    apply: bool = False


class Delay(Fault):
    """Waits, then applies and answers as usual; a client that leaves meanwhile does not stop the effect."""

    kind: Literal["delay"]
    seconds: Seconds


class Hang(Fault):
    """Gives no answer until it is released, and then the usual one.

    `before`: applied only at the release, so never where the client left or the simulator stopped first.
    `after`: applied at once.
    """

    kind: Literal["hang"]
    when: When


class Cut(Fault):
    """Applies, claims one byte more than the body has, sends `keep` bytes of it (half by default), and closes."""

    kind: Literal["cut"]
    keep: int | None = Field(None, ge=0)


class Reset(Fault):
    """Resets the connection (RST) without an answer, `before` applying (nothing is) or `after` it."""

    kind: Literal["reset"]
    when: When


class Close(Fault):
    """Closes the connection (FIN) without an answer, `before` applying (nothing is) or `after` it."""

    kind: Literal["close"]
    when: When


class Duplicate(Fault):
    """Applies once and writes the answer twice on the kept connection, at once or `gap` seconds apart."""

    kind: Literal["duplicate"]
    gap: Seconds = 0.0


class Drip(Fault):
    """Applies and writes the answer, its head too, one byte every `interval` seconds."""

    kind: Literal["drip"]
    interval: Seconds = 0.05


AnyFault = Annotated[
    Status | Html | Body | Delay | Hang | Cut | Reset | Close | Duplicate | Drip, Field(discriminator="kind")
]
KINDS: tuple[type[Fault], ...] = (Status, Html, Body, Delay, Hang, Cut, Reset, Close, Duplicate, Drip)


class InvalidFault(ValueError):
    """Raised when a fault is not one; `errors` are places and reasons."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


def expected() -> dict[str, list[str]]:
    """Every kind of fault and the fields that it takes; those that must be given end in `*`."""
    return {
        get_args(kind.model_fields["kind"].annotation)[0]: [
            name + ("*" if field.is_required() else "") for name, field in kind.model_fields.items()
        ]
        for kind in KINDS
    }


class Faults:
    """The faults that are due, first come first served among those that fit a request."""

    def __init__(self) -> None:
        self._due: list[tuple[AnyFault, int]] = []
        self._reader: TypeAdapter[list[AnyFault]] = TypeAdapter(list[AnyFault])

    def add(self, *faults: Mapping[str, Any]) -> None:
        """Queue faults, each as in `{"kind": "reset", "when": "after"}`: all of them, or none and `InvalidFault`."""
        try:
            read = self._reader.validate_python(list(faults))
        except ValidationError as error:
            raise InvalidFault(
                [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
            ) from error
        self._due.extend((fault, fault.times) for fault in read)

    def take(self, method: str) -> AnyFault | None:
        """The fault for a request by this method, counted down; None where none fits."""
        for index, (fault, left) in enumerate(self._due):
            if fault.method in (None, method):
                self._due[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Those still due, as they were given, `times` being what is left."""
        return [{**fault.model_dump(exclude_unset=True), "times": left} for fault, left in self._due]

    def clear(self) -> None:
        """Forget those still due."""
        self._due.clear()
