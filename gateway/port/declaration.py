"""What an adapter declares, by its class and as it is made for a vendor, and what of that cannot be.

All that can be found without calling a vendor is found here, before anything depends on it.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from gateway.errors import AlreadyBooked
from gateway.model import Operation, RepeatSafety, is_scheme
from gateway.port.adapter import Adapter, Options, VendorSettings
from gateway.port.refusals import Refusals

ANY_CUSTOM = "custom.*"
_LATER = frozenset(("point_type", "description", "reason", "reference", "store"))
"""What is handed over only where a call has it, so that it needs a default."""


@dataclass(frozen=True, slots=True)
class _Takes:
    """What a method has to take, and what it may take besides."""

    needed: frozenset[str]
    more: frozenset[str]


_READ = frozenset(("point_type",))
_TAKES: Mapping[str, _Takes] = MappingProxyType(
    {
        "adjust": _Takes(frozenset(("member", "points")), _LATER | {"id", "pending", "options"}),
        "balance": _Takes(frozenset(("member",)), _READ),
        "expiring": _Takes(frozenset(("member", "period")), _READ),
        "find": _Takes(frozenset(("id", "member", "points")), _READ),
        "probe": _Takes(frozenset(), frozenset()),
    }
)


class Misdeclared(TypeError):
    """Raised when an adapter's class declares what cannot be; its text names everything of it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an adapter's class says: its models, and what its methods take. `found_by`: None where it has no `find`.

    `probes`: whether it has a `probe`.
    """

    settings: type[VendorSettings]
    options: type[Options]
    operations: Mapping[Operation, frozenset[str]]
    found_by: frozenset[str] | None
    probes: bool

    @classmethod
    def of(cls, adapter: type[Adapter[Any]]) -> "Declaration":
        """Read an adapter's class. Raises `Misdeclared`."""
        if not (isinstance(adapter, type) and issubclass(adapter, Adapter)):
            raise Misdeclared(f"expected a class that extends gateway.port.Adapter, and this is {adapter!r}")
        written = {name: getattr(adapter, name) for name in _TAKES if getattr(adapter, name, None) is not None}
        faults = [
            f"{adapter.__name__}.{name} {fault}" for name, method in written.items() for fault in _wrong(name, method)
        ]
        settings = _settings(adapter)
        if settings is None:
            faults.append(f"{adapter.__name__} must name its settings: class {adapter.__name__}(Adapter[Settings])")
        if not written.keys() & set(get_args(Operation)):
            faults.append(f"{adapter.__name__} has none of {', '.join(get_args(Operation))}")
        faults += _wrong_schemes(adapter.schemes)
        try:
            Refusals(adapter.refusals)
        except TypeError as error:
            faults.append(str(error))
        if faults or settings is None:
            raise Misdeclared("; ".join(faults))
        options = _hint(written["adjust"]) if "adjust" in written else None
        return cls(
            settings,
            options or Options,
            {name: frozenset(_parameters(written[name])) for name in get_args(Operation) if name in written},
            frozenset(_parameters(written["find"])) if "find" in written else None,
            "probe" in written,
        )


def faults(adapter: Adapter[Any], settings: VendorSettings, *, finds: bool, by_id: bool) -> Iterator[str]:
    """What is wrong with an adapter that was made with these settings.

    `finds`: whether its class has a `find`. `by_id`: whether its `adjust` takes the adjustment's own id.
    """
    name = type(adapter).__name__
    if getattr(adapter, "settings", None) is not settings:
        yield f"{name}.__init__ does not call super().__init__(settings)"
    yield from _wrong_schemes(adapter.schemes)
    if not adapter.schemes:
        yield f"{name} names no member schemes, so that it could be asked for nobody"
    if adapter.finds and not finds:
        yield f"{name} says that it finds, and has no find"
    if adapter.repeat_safety not in get_args(RepeatSafety):
        expected = ", ".join(get_args(RepeatSafety))
        yield f"repeat_safety: expected one of {expected}, and it is {adapter.repeat_safety!r}"
    yield from wrong_enforcement(adapter, by_id=by_id)


def wrong_enforcement(adapter: Adapter[Any], *, by_id: bool) -> Iterator[str]:
    """What is missing of all that a repeat of the same request rests on."""
    enforces = adapter.enforces
    if (adapter.repeat_safety == "enforced") is not (enforces is not None and adapter.enforced_for > 0):
        yield "repeat_safety 'enforced', enforces and enforced_for go together"
    if enforces not in (None, "replay", "refuse"):
        yield f"enforces is {enforces!r}; expected 'replay' or 'refuse'"
    if enforces is not None and not by_id:
        yield "idempotency is enforced by the adjustment's own id, and adjust does not take it"
    if (enforces == "refuse") is not Refusals(adapter.refusals).means(AlreadyBooked):
        yield "enforces 'refuse' needs a code in refusals that means AlreadyBooked, and only that"


def _wrong(name: str, method: Callable[..., Any]) -> Iterator[str]:
    """What is wrong with a method."""
    function = inspect.unwrap(method) if callable(method) else method
    if any(
        check(each)
        for check in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for each in (method, function)
    ):
        yield "is async: an adapter does no I/O, so write def, and yield its requests"
        return
    if not inspect.isgeneratorfunction(function):
        yield "is no generator: it has to yield its requests"
        return
    takes, parameters = _TAKES[name], _parameters(method)
    expected = ", ".join(sorted(takes.needed | takes.more)) or "nothing"
    for unknown in sorted(parameters.keys() - takes.needed - takes.more):
        yield f"takes {unknown!r}; expected only {expected}"
    for missing in sorted(takes.needed - parameters.keys()):
        yield f"lacks {missing!r}, without which it says nothing"
    for each in sorted(parameters):
        if parameters[each].kind is inspect.Parameter.POSITIONAL_ONLY:
            yield f"takes {each!r} by its place only; it is handed over by its name"
        elif name != "find" and each in _LATER and parameters[each].default is inspect.Parameter.empty:
            yield f"has no default for {each!r}, which not every call has"
    if "options" in parameters and _hint(method) is None:
        yield "takes options that are not annotated as a subclass of gateway.port.Options"


def _parameters(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return {name: each for name, each in inspect.signature(method).parameters.items() if name != "self"}


def _hint(method: Callable[..., Any]) -> type[Options] | None:
    """The model of a method's options, as it is annotated; None where that is another, or cannot be found out."""
    if "options" not in _parameters(method):
        return None
    try:
        hint = get_type_hints(method).get("options")
    except Exception:  # an annotation is any expression, which may raise anything
        return None
    return hint if isinstance(hint, type) and issubclass(hint, Options) else None


def _settings(adapter: type[Adapter[Any]]) -> type[VendorSettings] | None:
    """The settings in `class Name(Adapter[Settings])`, of the class itself or of the nearest base that names some."""
    for base in adapter.__mro__:
        for named in (argument for each in vars(base).get("__orig_bases__", ()) for argument in get_args(each)):
            if isinstance(named, type) and issubclass(named, VendorSettings):
                return named
    return None


def _wrong_schemes(schemes: object) -> Iterator[str]:
    if not isinstance(schemes, tuple | list):
        yield f"schemes: expected a tuple of member schemes, as in ('email',), and it is {schemes!r}"
        return
    for each in schemes:
        if each != ANY_CUSTOM and not (isinstance(each, str) and is_scheme(each)):
            yield f"schemes: {each!r} is no member scheme, such as email, custom.user_id or {ANY_CUSTOM}"
