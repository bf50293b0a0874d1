"""The faults that a simulator can play, and the queue of pending ones.

`apply` and `when` control whether the vendor's own handling, and with it the effect, takes place.
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
            raise ValueError(f"{name} cannot be set in headers")
    return headers


HeaderFields = Annotated[
    dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], HeaderText], AfterValidator(_not_framing)
]


class Fault(BaseModel):
    """Base model of all faults: the number of requests that it affects, and their HTTP method (None: any)."""

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
    """Answers with an HTML page, like a proxy in front of the vendor; nothing is applied unless `apply`."""

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
    """Waits, then applies and answers as usual; the effect happens even if the client disconnects meanwhile."""

    kind: Literal["delay"]
    seconds: Seconds


class Hang(Fault):
    """Gives no answer until it is released, and then the usual one.

    `before`: applied at the release, so not at all if the client disconnects or the simulator stops first.
    `after`: applied at once.
    """

    kind: Literal["hang"]
    when: When


class Cut(Fault):
    """Applies, announces one byte more than the body has, sends `keep` bytes of it (default: half), and closes."""

    kind: Literal["cut"]
    keep: int | None = Field(None, ge=0)


class Reset(Fault):
    """Resets the connection (RST) without an answer: `before`, without applying anything, or `after` applying."""

    kind: Literal["reset"]
    when: When


class Close(Fault):
    """Closes the connection (FIN) without an answer: `before`, without applying anything, or `after` applying."""

    kind: Literal["close"]
    when: When


class Duplicate(Fault):
    """Applies once and writes the answer twice on the open connection, at once or `gap` seconds apart."""

    kind: Literal["duplicate"]
    gap: Seconds = 0.0


class Drip(Fault):
    """Applies and writes the whole answer, including its head, at one byte every `interval` seconds."""

    kind: Literal["drip"]
    interval: Seconds = 0.05


AnyFault = Annotated[
    Status | Html | Body | Delay | Hang | Cut | Reset | Close | Duplicate | Drip, Field(discriminator="kind")
]
KINDS: tuple[type[Fault], ...] = (Status, Html, Body, Delay, Hang, Cut, Reset, Close, Duplicate, Drip)


class InvalidFault(ValueError):
    """Raised when a fault is not valid; `errors` are texts with the field and the reason."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


def expected() -> dict[str, list[str]]:
    """The fields of every kind of fault; names of required fields end in `*`."""
    return {
        get_args(kind.model_fields["kind"].annotation)[0]: [
            name + ("*" if field.is_required() else "") for name, field in kind.model_fields.items()
        ]
        for kind in KINDS
    }


class Faults:
    """The queue of pending faults; a request takes the first one that matches its method."""

    def __init__(self) -> None:
        self._pending: list[tuple[AnyFault, int]] = []
        self._reader: TypeAdapter[list[AnyFault]] = TypeAdapter(list[AnyFault])

    def add(self, *faults: Mapping[str, Any]) -> None:
        """Queue faults such as `{"kind": "reset", "when": "after"}`. Raises `InvalidFault`, then none is queued."""
        try:
            read = self._reader.validate_python(list(faults))
        except ValidationError as error:
            raise InvalidFault(
                [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
            ) from error
        self._pending.extend((fault, fault.times) for fault in read)

    def take(self, method: str) -> AnyFault | None:
        """The fault for a request with this method, counted down; None if none matches."""
        for index, (fault, left) in enumerate(self._pending):
            if fault.method in (None, method):
                self._pending[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """The pending faults as they were queued, with the remaining `times`."""
        return [{**fault.model_dump(exclude_unset=True), "times": left} for fault, left in self._pending]

    def clear(self) -> None:
        """Remove all pending faults."""
        self._pending.clear()
