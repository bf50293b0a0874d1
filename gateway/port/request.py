"""One HTTP request to a vendor, as an adapter asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import exact

_SILENT = ("GET", "HEAD")
_ASKING = (*_SILENT, "POST")


@dataclass(frozen=True, slots=True)
class VendorRequest:
    """One HTTP request to a vendor.

    `path` is appended to the vendor's `base_url`; it is percent-encoded already and sent byte for byte.
    `effect`: whether it may change points at the vendor; only such a request counts as evidence. Where it is None, the
    method and the operation decide: see `has_effect`.
    `decides`: whether its answer can decide about an effect; the driver says so of every request of a write and of a
    search. Like one with an effect, it has a connection to itself, where no other answer can be taken for its own.

    `confidential`: its body and its answer are neither kept nor shown, as of a request that fetches a token. `issued`:
    texts in this request that a vendor issued, tokens and the like; they are masked wherever the exchange is shown.
    `nonces`: names of headers whose values are new in every request, so that a repeat of it may differ there.
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

    def __post_init__(self) -> None:
        if self.effect is None and self.method in _SILENT:
            object.__setattr__(self, "effect", False)  # whatever the operation: so most reads need no copy

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
    ) -> "VendorRequest":
        """A request with a JSON body; decimals go out as JSON numbers, digit for digit."""
        return cls(
            method,
            path,
            {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
            exact.dumps(payload),
            effect,
            confidential=confidential,
            issued=issued,
            nonces=nonces,
        )

    def has_effect(self, *, writing: bool) -> bool:
        """Whether it has an effect: what it says itself counts, else its method does.

        In a write (`writing`) everything but GET and HEAD has one. A read may ask by POST too; its PUT, PATCH or DELETE
        has one.
        """
        if self.effect is not None:
            return self.effect
        return self.method not in (_SILENT if writing else _ASKING)

    def resolved(self, *, writing: bool) -> "VendorRequest":
        """The same request, saying whether it has an effect."""
        return self if self.effect is not None else replace(self, effect=self.has_effect(writing=writing))
