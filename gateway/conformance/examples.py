"""What an adapter can be tried with, beyond what its simulator's `example` says; all of it can be left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.model import Operation

LARGEST = Decimal("999999999999.999999")
"""The largest amount that a caller can send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Example values of one adapter, and what its vendor's document says that the checks cannot know."""

    written_by: str = ""
    """Whose hand wrote the adapter, by any name. A simulator of another hand certifies it."""
    settings: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    """The adapter's settings at the simulator, in place of those of the simulator's `example`, or a function that makes
    them of those, as `lambda theirs: {"key": theirs["api_key"]}`; `adapter` and `base_url` need not be among them.
    """
    member: str | None = None
    """What the adapter calls the `member` of the simulator's `example`, as `card:7`, where that is another name."""
    unknown_member: str | None = None
    """The same of its `unknown_member`."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """By column of the table of vendors, what a reader has to know of it, such as `with account`."""
    members: Mapping[str, str] = field(default_factory=dict)
    """By scheme, a value that the vendor's document allows, where `12345` (a phone: `+1234567890`) is none."""
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """By parameter, or by option, two values that the vendor tells apart, where the kit's own do not fit."""
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By parameter or option, the other fields without which an adjustment cannot have it."""
    branches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By name, the fields of an adjustment that the adapter sends in a way of its own, beside those that the kit finds:
    credits, debits, each parameter and each option.
    """
    largest: Decimal = LARGEST
    """The largest amount that the vendor takes, by default 999999999999.999999, the largest that a caller can send. An
    adapter may refuse a larger one by `FieldNotSupported("points", ...)`.
    """
    longest: Mapping[str, int] = field(default_factory=dict)
    """By field, the most characters that the vendor takes."""
    unsigned: bool = False
    """Credits and debits are different calls, so that no amount has a sign."""
    bodiless: frozenset[int] = frozenset()
    """Statuses whose refusals have no body that the vendor documents, so that any body may be one."""
    words: bool = False
    """A refusal is any text, in no form that the vendor documents."""
    empty_reads: frozenset[Operation] = frozenset()
    """Reads to which the vendor answers an empty list where it has no number: the result is a `Balance` without one. A
    balance or a schedule raises for an empty list otherwise; a page of transactions has no rows.
    """
    left_out: frozenset[Operation] = frozenset()
    """Reads whose answer leaves its list of rows out where there are none: `{}` is an answer too."""
    nameless: bool = False
    """The answer to a look-up does not name the member."""
    chooses: frozenset[tuple[Operation, str]] = frozenset()
    """Operations and parameters, as `("balance", "point_type")`, that choose within an answer, since the vendor answers
    for all values at once.
    """
    without: frozenset[Operation] = frozenset()
    """Operations that the example's settings do not have."""
    elsewhere: frozenset[tuple[Operation, str]] = frozenset()
    """Operations and parameters, or options, that only other settings have; the adapter's own tests try them."""
