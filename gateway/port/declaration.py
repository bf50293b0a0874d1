"""Checks of an adapter's declarations, on its class and on the instance for a vendor.

Every error that can be found without a call to the vendor is found here, before the adapter is used.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from gateway.errors import AlreadyBooked
from gateway.model import Adjustment, Operation, RepeatSafety, is_scheme
from gateway.port.adapter import PORT, Adapter, Options, VendorSettings
from gateway.port.refusals import Refusals
from gateway.traits import traits

ANY_CUSTOM = "custom.*"
_OPTIONAL = traits(Adjustment)
_TEXTS = frozenset(name for name, each in _OPTIONAL.items() if each.longest is not None)
"""The parameters that are passed only if a call has them, so that they need a default; a flag is always passed."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """The required and the optional parameters of a method."""

    required: frozenset[str]
    optional: frozenset[str]


_NO_DEFAULT = inspect.Parameter.empty
FRESH = frozenset(("token", "now", "nonce"))
"""The parameters of any method that the gateway passes anew for each exchange, and no caller."""
_READ = frozenset(("point_type",))
_PAGE = frozenset(("start", "end", "cursor"))
_CANCELLED = frozenset(("original", "transaction"))
_REVERSAL = _CANCELLED | {"id", "member", "points", "point_type", "description"}
_SIGNATURES: Mapping[str, _Signature] = MappingProxyType(
    {
        "adjust": _Signature(frozenset(("member", "points")), frozenset(_OPTIONAL) | {"id", "options"}),
        "balance": _Signature(frozenset(("member",)), _READ),
        "expiring": _Signature(frozenset(("member",)), _READ | {"period"}),
        "transactions": _Signature(frozenset(("member", "limit")), _READ | _PAGE),
        "lookup": _Signature(frozenset(("member",)), frozenset()),
        "find": _Signature(
            frozenset(("id", "member", "points")), frozenset(_OPTIONAL) | {"options", "cursor", "transaction"}
        ),
        "reverse": _Signature(frozenset(), _REVERSAL),
        "find_reversal": _Signature(frozenset(), _REVERSAL),
        "probe": _Signature(frozenset(), frozenset()),
        "token": _Signature(frozenset(), frozenset()),
    }
)
_OTHERS = {"found_by": "find", "reversed_by": "reverse", "reversal_found_by": "find_reversal"}
"""Methods that are no operations of their own, by the attribute that has their parameters."""


class Misdeclared(TypeError):
    """Raised when an adapter's class has invalid declarations; the message lists all of them."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declarations of an adapter's class: its models, and the parameters of its methods.

    `needs`: by operation, the parameters beyond those of every adapter that have no default. `found_by`: the parameters
    of `find`, None without one; `reversed_by` and `reversal_found_by` those of `reverse` and `find_reversal`. `probes`:
    whether it has a `probe`. `fresh`: by method, those of `token`, `now` and `nonce` that it takes; none of the others
    has these.
    """

    settings: type[VendorSettings]
    options: type[Options]
    operations: Mapping[Operation, frozenset[str]]
    needs: Mapping[Operation, tuple[str, ...]]
    found_by: frozenset[str] | None
    reversed_by: frozenset[str] | None
    reversal_found_by: frozenset[str] | None
    probes: bool
    fresh: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, adapter: type[Adapter[Any]]) -> "Declaration":
        """Inspect an adapter's class. Raises `Misdeclared`."""
        if not (isinstance(adapter, type) and issubclass(adapter, Adapter)):
            raise Misdeclared(f"expected a class that extends gateway.port.Adapter, and this is {adapter!r}")
        methods = {name: getattr(adapter, name) for name in _SIGNATURES if getattr(adapter, name, None) is not None}
        faults = [
            f"{adapter.__name__}.{name} {fault}"
            for name, method in methods.items()
            for fault in _faults_of(name, method)
        ]
        settings = _settings(adapter)
        if settings is None:
            faults.append(f"{adapter.__name__} must name its settings: class {adapter.__name__}(Adapter[Settings])")
        if not methods.keys() & set(get_args(Operation)):
            faults.append(f"{adapter.__name__} has none of {', '.join(get_args(Operation))}")
        faults += (*_scheme_faults(adapter.schemes), *_scheme_faults(adapter.lookup_schemes, "lookup_schemes"))
        faults += _token_faults(adapter.__name__, methods)
        faults += _port_faults(adapter.__name__, adapter.port)
        try:
            Refusals(adapter.refusals)
        except TypeError as error:
            faults.append(str(error))
        if faults or settings is None:
            raise Misdeclared("; ".join(faults))
        options = _options(methods["adjust"]) if "adjust" in methods else None
        return cls(
            settings,
            options or Options,
            {name: frozenset(_parameters(methods[name])) - FRESH for name in get_args(Operation) if name in methods},
            {name: _needs(name, methods[name]) for name in get_args(Operation) if name in methods},
            **{
                name: frozenset(_parameters(methods[method])) - FRESH if method in methods else None
                for name, method in _OTHERS.items()
            },
            probes="probe" in methods,
            fresh={name: FRESH & _parameters(method).keys() for name, method in methods.items()},
        )


def faults(adapter: Adapter[Any], settings: VendorSettings, *, finds: bool, by_id: bool) -> Iterator[str]:
    """The faults of an adapter instance with these settings.

    `finds`: its class has a `find`. `by_id`: its `adjust` takes the adjustment's own id.
    """
    name = type(adapter).__name__
    if getattr(adapter, "settings", None) is not settings:
        yield f"{name}.__init__ does not call super().__init__(settings)"
    yield from _scheme_faults(adapter.schemes)
    if not adapter.schemes:
        yield f"{name} names no member schemes, so that it could be asked for nobody"
    yield from _scheme_faults(adapter.lookup_schemes, "lookup_schemes")
    if adapter.lookup_schemes and getattr(adapter, "lookup", None) is None:
        yield f"{name} names lookup_schemes, and has no lookup"
    if adapter.finds and not finds:
        yield f"{name} says that it finds, and has no find"
    if adapter.repeat_safety not in get_args(RepeatSafety):
        expected = ", ".join(get_args(RepeatSafety))
        yield f"repeat_safety: expected one of {expected}, and it is {adapter.repeat_safety!r}"
    yield from wrong_enforcement(adapter, by_id=by_id)
    yield from _wrong_token(adapter, settings)


def wrong_enforcement(adapter: Adapter[Any], *, by_id: bool) -> Iterator[str]:
    """The faults in the declarations that a repeat of the same request relies on."""
    enforces = adapter.enforces
    if (adapter.repeat_safety == "enforced") is not (enforces is not None and adapter.enforced_for > 0):
        yield "repeat_safety 'enforced', enforces and enforced_for go together"
    if enforces not in (None, "replay", "refuse"):
        yield f"enforces is {enforces!r}; expected 'replay' or 'refuse'"
    if enforces is not None and not by_id:
        yield "idempotency is enforced by the adjustment's own id, and adjust does not take it"
    if (enforces == "refuse") is not Refusals(adapter.refusals).means(AlreadyBooked):
        yield "enforces 'refuse' needs a code in refusals that means AlreadyBooked, and only that"


def _faults_of(name: str, method: Callable[..., Any]) -> Iterator[str]:
    """The faults of one method."""
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
    signature, parameters = _SIGNATURES[name], _parameters(method)
    allowed = signature.required | signature.optional | (FRESH if name != "token" else FRESH - {"token"})
    expected = ", ".join(sorted(allowed))
    for unknown in sorted(parameters.keys() - allowed):
        yield f"takes {unknown!r}; expected only {expected}"
    for missing in sorted(signature.required - parameters.keys()):
        yield f"lacks {missing!r}, without which it says nothing"
    if name in ("reverse", "find_reversal") and not parameters.keys() & _CANCELLED:
        yield "takes neither 'original' nor 'transaction', without which it says nothing"
    for each in sorted(parameters):
        if parameters[each].kind is inspect.Parameter.POSITIONAL_ONLY:
            yield f"takes {each!r} by its place only; it is handed over by its name"
        elif each in _not_always(name) and parameters[each].default is _NO_DEFAULT:
            yield f"has no default for {each!r}, which not every call has"
    if "options" in parameters and _options(method) is None:
        yield "takes options that are not annotated as a subclass of gateway.port.Options"


def _not_always(name: str) -> frozenset[str]:
    """The parameters of a method that not every call passes."""
    if name in ("reverse", "find_reversal"):
        return frozenset(("description",))
    return frozenset() if name == "find" else _TEXTS | _PAGE


def _token_faults(name: str, methods: Mapping[str, Callable[..., Any]]) -> Iterator[str]:
    """What is wrong with a class of which only some methods deal with a token."""
    takers = [
        each
        for each, method in methods.items()
        if inspect.isgeneratorfunction(method) and "token" in _parameters(method)
    ]
    if takers and "token" not in methods:
        yield f"{name}.{takers[0]} takes a token, and {name} has no method token"
    if "token" in methods and not takers:
        yield f"{name}.token fetches a token that no method takes"


def _wrong_token(adapter: Adapter[Any], settings: VendorSettings) -> Iterator[str]:
    """The faults of the request for a token with these settings."""
    method = getattr(adapter, "token", None)
    if method is None:
        return
    if not adapter.fetches:
        for name in _SIGNATURES:
            parameters = _parameters(taker) if (taker := getattr(adapter, name, None)) else {}
            if "token" in parameters and parameters["token"].default is _NO_DEFAULT:
                yield f"{name} needs a token, and fetches is False"
        return
    try:
        arguments = {"now": datetime.now(UTC), "nonce": "nonce"}
        request = next(method(**{name: each for name, each in arguments.items() if name in _parameters(method)}))
    except (Exception, SystemExit) as error:
        # The message is left out, because it may quote a part of a secret.
        yield f"token fails before it asks the vendor: {type(error).__name__}"
        return
    address = getattr(request, "base_url", None)
    if address is not None and address not in settings.addresses().values():
        yield "token asks at an address that the settings do not name"


def _needs(operation: str, method: Callable[..., Any]) -> tuple[str, ...]:
    optional = _SIGNATURES[operation].optional
    parameters = _parameters(method)
    return tuple(each for each in parameters if each in optional and parameters[each].default is _NO_DEFAULT)


def _parameters(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return {name: each for name, each in inspect.signature(method).parameters.items() if name != "self"}


def _options(method: Callable[..., Any]) -> type[Options] | None:
    """The annotated model of a method's options; None if it is missing or not a subclass of `Options`."""
    if "options" not in _parameters(method):
        return None
    try:
        hint = get_type_hints(method).get("options")
    except Exception:  # an annotation is an arbitrary expression and can raise anything
        return None
    return hint if isinstance(hint, type) and issubclass(hint, Options) else None


def _settings(adapter: type[Adapter[Any]]) -> type[VendorSettings] | None:
    """The settings in `class Name(Adapter[Settings])`, of the class or of its nearest base that has them."""
    for base in adapter.__mro__:
        for argument in (argument for each in vars(base).get("__orig_bases__", ()) for argument in get_args(each)):
            if isinstance(argument, type) and issubclass(argument, VendorSettings):
                return argument
    return None


def _port_faults(name: str, port: object) -> Iterator[str]:
    ours = tuple(map(int, PORT.split(".")))
    try:
        theirs = tuple(map(int, str(port).split(".")))
    except ValueError:
        theirs = ()
    if len(theirs) != len(ours):
        yield f"{name}.port: expected a version of the port, such as {PORT!r}, and it is {port!r}"
    elif theirs[0] != ours[0] or theirs > ours:
        yield f"{name} is written for version {port} of the port, and this gateway has {PORT}"


def _scheme_faults(schemes: object, attribute: str = "schemes") -> Iterator[str]:
    if not isinstance(schemes, tuple | list):
        yield f"{attribute}: expected a tuple of member schemes, as in ('email',), and it is {schemes!r}"
        return
    for each in schemes:
        if each != ANY_CUSTOM and not (isinstance(each, str) and is_scheme(each)):
            yield f"{attribute}: {each!r} is no member scheme, such as email, custom.user_id or {ANY_CUSTOM}"
