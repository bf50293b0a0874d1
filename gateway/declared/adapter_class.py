"""An adapter's class, made from a description: its methods have the parameters that the holes of their requests name.

So whatever reads the signatures of adapters reads those of described ones in the same way.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import new_class
from typing import Any

from gateway.declared.described import AnyDescribed, Described, table
from gateway.declared.description import Adjust, Description, Following, Requesting, Writing
from gateway.declared.exchanges import EXCHANGES
from gateway.declared.form import METHODS, Form
from gateway.declared.parts import AppliedResult
from gateway.declared.settings_model import options_of, settings_of
from gateway.declared.template import Hole
from gateway.port.adapter import Exchange, Options
from gateway.port.authentication import ClientToken

READS = ("balance", "expiring", "transactions", "lookup", "find", "find_reversal", "probe")
_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "adjust": ("member", "points"),
    "balance": ("member",),
    "expiring": ("member",),
    "transactions": ("member", "limit"),
    "lookup": ("member",),
    "find": ("id", "member", "points"),
}
_PARAMETERS = {"scheme": "member", "amount": "points", "period.start": "period", "period.end": "period"}
"""The parameters of holes that are called otherwise."""
_WITH_DEFAULT = frozenset(("point_type", "description", "reason", "reference", "store", "start", "end", "cursor"))
_WRITES = ("adjust", "reverse")


def forms_of(description: Description) -> dict[str, Form]:
    """Every request of a description, by operation; of an adjustment with two forms as `credit` and `debit`.

    What comes before a write is `before adjust`, and so on.
    """
    asked: dict[str, Requesting] = {
        name: each for name in ("adjust", "reverse", *READS) if (each := getattr(description, name)) is not None
    }
    if isinstance(adjust := description.adjust, Adjust) and adjust.credit is not None and adjust.debit is not None:
        del asked["adjust"]
        asked |= {"credit": merged(adjust, adjust.credit), "debit": merged(adjust, adjust.debit)}
    first = {
        f"before {name}": each.before for name, each in asked.items() if isinstance(each, Following) and each.before
    }
    found = {name: Form.of(each, description, effect=name not in READS) for name, each in asked.items()}
    return found | {name: Form.of(each, description, effect=False) for name, each in first.items()}


def merged(outer: Adjust, inner: Writing) -> Writing:
    """The form of a credit or a debit, with what it lacks taken from beside it."""
    lacking = Writing.model_fields.keys() - inner.model_fields_set - set(METHODS)
    return inner.model_copy(update={name: getattr(outer, name) for name in lacking})


def adapter_class(description: Description, *, made_of: str) -> type[AnyDescribed]:
    """The class of a description of which `checking` finds nothing. `made_of`: the digest of its file."""
    forms = forms_of(description)
    settings = settings_of(description, forms, made_of)
    options = options_of(description.options)
    every = (way for form in forms.values() for way in form.authentication)
    issued = sorted({way.setting for way in every if isinstance(way, ClientToken)})
    members: dict[str, Any] = {
        "__doc__": f"The adapter of {description.name}, made from its description.",
        "__module__": __name__,
        "description": description,
        "forms": forms,
        "results": _results(description),
        "credentials": issued[0] if issued else "",
        "schemes": tuple(description.schemes),
        "lookup_schemes": () if description.lookup is None else tuple(description.lookup.schemes),
        "fractions": description.fractions,
        "aggregates": description.aggregates,
        "balance_in_answer": _tells_balance(description),
        "refusals": table(description.refusals.known, booked=False),
    }
    for name in ("adjust", "reverse", *READS):
        if getattr(description, name) is not None:
            members[name] = _method(name, _parameters(name, description, forms, options))
    if issued:
        members["token"] = _method("token", ())
    title = "".join(word.capitalize() for word in description.name.split("-"))
    base = Described[settings]  # type: ignore[valid-type]  # a model that is made
    made: type[AnyDescribed] = new_class(title, (base,), {}, lambda namespace: namespace.update(members))
    return made


def _results(description: Description) -> dict[str, AppliedResult | None]:
    """Where the results of writes stand, by form."""
    adjust = description.adjust
    found = {"reverse": None if description.reverse is None else description.reverse.result}
    if adjust is not None:
        found["adjust"] = adjust.result
        if adjust.credit is not None and adjust.debit is not None:
            found |= {name: merged(adjust, each).result for name, each in _two(adjust).items()}
    return found


def _two(adjust: Adjust) -> dict[str, Writing]:
    both = {"credit": adjust.credit, "debit": adjust.debit}
    return {name: each for name, each in both.items() if each is not None}


def _tells_balance(description: Description) -> bool:
    """Whether every answer to an adjustment has the balance that can be spent."""
    results = _results(description)
    written = [results[name] for name in ("credit", "debit", "adjust") if name in results]
    written = written[:2] if "credit" in results else written
    return bool(written) and all(
        each is not None and each.balance is not None and each.balance.available is not None for each in written
    )


def holes_of(name: str, description: Description, forms: Mapping[str, Form]) -> set[Hole]:
    """The holes of an operation's requests and, of a search and a balance, those of what it compares."""
    found = {hole for each in _names(name, forms) for hole in forms[each].holes if not hole.name.startswith("before.")}
    search = description.find if name == "find" else description.find_reversal if name == "find_reversal" else None
    if search is not None:
        compared = (*search.ours.values(), *search.agree.values())
        found |= {hole for template in compared for hole in template.holes}
    if name == "balance" and description.balance is not None:
        found |= description.balance.compared
    return found


def _names(name: str, forms: Mapping[str, Form]) -> list[str]:
    """The names of all requests that an operation may make."""
    own = ("credit", "debit") if name == "adjust" and "credit" in forms else (name,)
    return [each for form in own for each in (form, f"before {form}") if each in forms]


def _parameters(
    name: str, description: Description, forms: Mapping[str, Form], options: type[Options]
) -> tuple[inspect.Parameter, ...]:
    holes = {hole.name for hole in holes_of(name, description, forms)}
    fresh = set().union(*(forms[each].takes for each in _names(name, forms)))
    found = {*_ALWAYS.get(name, ()), *fresh}
    if name == "find_reversal" and description.find_reversal is not None and description.find_reversal.points:
        found.add("points")
    for hole in holes:
        if hole.startswith("options."):
            found.add("options")
        elif hole in ("now", "nonce"):
            found.add("id" if name in _WRITES else hole)
        elif not hole.startswith("settings."):
            found.add(_PARAMETERS.get(hole, hole))
    if name == "adjust" and description.adjust is not None and description.adjust.idempotency is not None:
        found.add("id")
    return tuple(_parameter(each, name, options) for each in sorted(found))


def _parameter(name: str, method: str, options: type[Options]) -> inspect.Parameter:
    default: Any = inspect.Parameter.empty
    annotation: Any = Any
    if name == "options":
        default, annotation = options(), options
    elif name == "pending":
        default = False
    elif (method not in _REVERSALS and name in _WITH_DEFAULT) or name == "description" or (method, name) == _ACCEPTED:
        default = None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_ACCEPTED = ("find", "transaction")
_REVERSALS = ("reverse", "find_reversal")


def _method(name: str, parameters: Iterable[inspect.Parameter]) -> Callable[..., Exchange[Any]]:
    """A generator method with these parameters; what it does is the same for every description."""
    parameters = tuple(parameters)
    defaults = {each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty}
    exchange = EXCHANGES[name]

    def method(self: AnyDescribed, **arguments: Any) -> Exchange[Any]:
        return (yield from exchange(self, {**defaults, **arguments}))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (exchange.__doc__ or "").split("\n")[0]
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    vars(method)["__signature__"] = inspect.Signature([itself, *parameters])
    method.__annotations__ = {each.name: each.annotation for each in parameters}
    return method
