"""What a wallet asks: every balance that a tenant's routes can reach for the names of one member. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import OperationNotSupported
from gateway.model import Member
from gateway.planning.planning import Planner
from gateway.planning.routing import Route, fits
from gateway.planning.translation import Translator
from gateway.reads import BalanceRead


@dataclass(frozen=True, slots=True)
class Question:
    """One balance of a wallet: of one kind of points at one account.

    `point_type` is None where the vendor has one kind of points alone, and, if it is an `aggregate`, where it is asked
    for all of its kinds together. `routes`: the names of the member that lead there, in the caller's order, each with
    the rule that does.
    """

    translator: Translator
    point_type: str | None
    aggregate: bool
    routes: dict[Member, Route] = field(default_factory=dict)


def questions(planner: Planner, tenant: str, members: Sequence[Member]) -> list[list[Question]]:
    """What is asked at each account that the member's names can reach, in the order of names and point types.

    Two vendors of one account, or two canonical names of one kind of points there, make one question.
    Raises `OperationNotSupported` where nothing can be reached.
    """
    vendors = [translator for _, translator in planner.routes(tenant, "balance")]
    types = dict.fromkeys(name for translator in vendors for name in _types(translator))
    accounts: dict[str, dict[object, Question]] = {}
    for member in members:
        for point_type in (None, *types):
            try:
                route, translator = planner.chosen(tenant, BalanceRead(member, point_type))
            except OperationNotSupported:
                continue
            kind = _kind(translator, point_type)
            if kind is None or not _takes(translator, member):
                continue
            account = accounts.setdefault(translator.account, {})
            question = account.setdefault(kind, Question(translator, point_type, kind == _ALL))
            question.routes.setdefault(member, route)
    if not accounts:
        raise OperationNotSupported(f"No route of tenant {tenant!r} for 'balance' leads any of these names to a vendor")
    return [list(account.values()) for account in accounts.values()]


_ONLY, _ALL = ("only",), ("all",)
"""What stands for the points of a vendor that has one kind, and for all kinds of a vendor together."""


def _kind(translator: Translator, point_type: str | None) -> object | None:
    """What a balance of this point type is of, as the vendor tells its points apart; None where it is not asked."""
    types = _types(translator)
    if point_type is not None:
        return ("type", types[point_type]) if point_type in types else None
    if not types:
        return _ONLY
    # Without a point type most vendors are asked for the default's, which is one of those above.
    return _ALL if translator.adapter.aggregates else None


def _types(translator: Translator) -> Mapping[str, object]:
    """The vendor's kinds of points by canonical name; none where its balance is asked without."""
    if "point_type" not in translator.kind.operations["balance"]:
        return {}
    types: Mapping[str, object] = getattr(translator.settings, "point_types", {})
    return types


def _takes(translator: Translator, member: Member) -> bool:
    return fits(member.scheme, translator.adapter.schemes) or translator.resolves(member)
