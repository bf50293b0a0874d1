"""What an adapter can be tried with, beyond what its simulator's `example` says; all of it can be left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway.model import Operation

LARGEST = Decimal("999999999999.999999")
"""The largest amount that a caller can send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Example values of one adapter, and what its vendor's document says that the checks cannot know.

    `written_by`: whose hand wrote the adapter, by any name. A simulator of another hand certifies it.
    `notes`: by column of the table of vendors, what a reader has to know of it, such as `with account`.
    `members`: by scheme, a value that the vendor's document allows, where `12345` (a phone: `+1234567890`) is none.
    `values`: by parameter, or by option, two values that the vendor tells apart, where the kit's own do not fit.
    `needs`: by parameter or option, the other fields without which an adjustment cannot have it.
    `branches`: by name, the fields of an adjustment that the adapter sends in a way of its own, beside those that the
    kit finds: credits, debits, each parameter and each option.
    `largest`: the largest amount that the vendor takes. `longest`: by field, the most characters that it takes.
    `unsigned`: credits and debits are different calls, so that no amount has a sign.
    `bodiless`: statuses whose refusals have no body that the vendor documents, so that any body may be one.
    `words`: a refusal is any text, in no form that the vendor documents.
    `empty_reads`: reads that answer an empty list where the vendor has no number.
    `left_out`: reads whose answer leaves its list of rows out where there are none: `{}` is an answer too.
    `nameless`: the answer to a look-up does not name the member.
    `chooses`: operations and parameters that choose within an answer, since the vendor answers for all values at once.
    `without`: operations that the example's settings do not have.
    `elsewhere`: operations and parameters, or options, that only other settings have; the adapter's own tests try them.
    """

    written_by: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    branches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    largest: Decimal = LARGEST
    longest: Mapping[str, int] = field(default_factory=dict)
    unsigned: bool = False
    bodiless: frozenset[int] = frozenset()
    words: bool = False
    empty_reads: frozenset[Operation] = frozenset()
    left_out: frozenset[Operation] = frozenset()
    nameless: bool = False
    chooses: frozenset[tuple[Operation, str]] = frozenset()
    without: frozenset[Operation] = frozenset()
    elsewhere: frozenset[tuple[Operation, str]] = frozenset()
