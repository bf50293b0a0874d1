"""One HTTP request to a vendor, as an adapter yields it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import exact

_SAFE = ("GET", "HEAD")
_READING = (*_SAFE, "POST")  # some vendors' reads are POSTs


@dataclass(frozen=True, slots=True)
class VendorRequest:
    """One HTTP request to a vendor.

    `path` is appended to the vendor's `base_url`; it is percent-encoded already and sent byte for byte.
    `effect`: whether it may change points at the vendor; only such a request counts as evidence. If it is None, the
    method and the operation decide: see `has_effect`.
    `decides`: whether its answer can decide about an effect; the driver sets it for every request of a write, of a
    search and of a look-up. Like a request with an effect, it uses a new connection, so that no other answer can be
    taken for its own.

    `confidential`: its body and answer are neither stored nor shown, for example because it fetches a token. `issued`:
    texts in this request that the vendor issued, such as tokens; they are masked wherever the exchange is shown.
    `nonces`: names of headers whose values are new in every request, so that a repeat may differ in them.
    `base_url`: what `path` is appended to instead, one of the addresses that the settings name; only for a token.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    effect: bool | None = None
    decides: bool = False
    confidential: bool = False
    issued: tuple[str, ...] = field(default=(), repr=False)
    nonces: tuple[str, ...] = ()
    base_url: str | None = None

    def __post_init__(self) -> None:
        if self.effect is None and self.method in _SAFE:
            object.__setattr__(self, "effect", False)  # true of every operation; saves most reads a copy in `resolved`

    @classmethod
    def json(
        cls,
        method: str,
        path: str,
        payload: Any,
        *,
        headers: Mapping[str, str] | None = None,
        effect: bool | None = None,
        confidential: bool = False,
        issued: tuple[str, ...] = (),
        nonces: tuple[str, ...] = (),
        base_url: str | None = None,
    ) -> "VendorRequest":
        """A request with a JSON body; decimals become JSON numbers with all their digits."""
        return cls(
            method,
            path,
            {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
            exact.dumps(payload),
            effect,
            confidential=confidential,
            issued=issued,
            nonces=nonces,
            base_url=base_url,
        )

    def has_effect(self, *, writing: bool) -> bool:
        """Whether it has an effect: the attribute `effect` decides, otherwise the method.

        In a write (`writing`), every method except GET and HEAD has one. In a read, POST has none either.
        """
        if self.effect is not None:
            return self.effect
        return self.method not in (_SAFE if writing else _READING)

    def resolved(self, *, writing: bool) -> "VendorRequest":
        """The same request with `effect` set."""
        return self if self.effect is not None else replace(self, effect=self.has_effect(writing=writing))
