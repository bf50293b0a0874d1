"""The settings and members by which an adapter calls a simulator, whose author may never have seen the adapter."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from gateway.conformance.pair import Pair
from gateway.model import Member
from gateway.planning.routing import fits
from gateway.port import Adapter, VendorSettings
from gateway.simulation import Example, Simulator

EXPLAINED = "docs/adding-an-adapter.md#a-simulator-of-another-hand"


class Unfit(ValueError):
    """Raised when an adapter cannot be tried with the example of a simulator; the message says what to do."""


def example(pair: Pair) -> Example:
    """The example of the simulator, with its members as the adapter names them. Raises `Unfit` without a simulator."""
    own, examples = _simulator(pair).example, pair.examples
    return replace(
        own, member=examples.member or own.member, unknown_member=examples.unknown_member or own.unknown_member
    )


def place(pair: Pair) -> str:
    """Where the settings come from with which an adapter is tried, for people."""
    own = pair.examples.settings is not None
    return "`settings` of the adapter's Examples" if own else "the settings of the simulator's `example`"


def settings(pair: Pair, theirs: Mapping[str, Any], **changes: Any) -> Any:
    """The adapter's settings, of those of its simulator with `base_url`, with changes. Raises `Unfit`."""
    ours = pair.examples.settings
    own = theirs if ours is None else ours(theirs) if callable(ours) else ours
    fields = {"adapter": pair.kind.name, "base_url": theirs["base_url"], **own, **changes}
    try:
        return pair.kind.settings.model_validate(fields)
    except ValidationError as error:
        shown = json.dumps(dict(_simulator(pair).example.settings), default=str, ensure_ascii=False)
        raise Unfit(
            f"{pair.kind.name}: {place(pair)} do not fit the adapter. {'. '.join(_wrong(error))}. "
            f"The simulator is {_named(pair)}, its example.settings are {shown}. "
            f"Give the adapter's own names to these values in Examples(settings=...): see {EXPLAINED}."
        ) from None


def known(pair: Pair, adapter: Adapter[VendorSettings]) -> None:
    """Raise `Unfit` where the adapter has no scheme by which a member of the example is named."""
    schemes = (*adapter.schemes, *adapter.lookup_schemes)
    named = example(pair)
    for name in ("member", "unknown_member"):
        member = getattr(named, name)
        if schemes and member is not None and not fits(Member.parse(member).scheme, schemes):
            raise Unfit(
                f"{pair.kind.name}: the {name} of the example is {member}, and the adapter knows members by "
                f"{', '.join(schemes)}. The simulator is {_named(pair)}. Say what the adapter calls this member in "
                f"Examples({name}=...): see {EXPLAINED}."
            )


def _wrong(error: ValidationError) -> Iterator[str]:
    """What is wrong with settings, the names of fields first; no value is among it."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    for kind, what in (("missing", "Missing"), ("extra_forbidden", "Not of the adapter")):
        if names := [_place(each["loc"]) for each in found if each["type"] == kind]:
            yield f"{what}: {', '.join(names)}"
    for each in found:
        if each["type"] not in ("missing", "extra_forbidden"):
            yield f"{_place(each['loc'])}: {each['msg']}"


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(map(str, parts)) or "all of them"


def _named(pair: Pair) -> str:
    simulator = _simulator(pair)
    return f"{simulator.__module__}:{simulator.__qualname__}"


def _simulator(pair: Pair) -> type[Simulator]:
    if pair.simulator is None:
        raise Unfit(f"the adapter {pair.kind.name} has no simulator")
    return pair.simulator
