"""What a reversal comes to: how much of its original, and whether by the vendor's own cancel.

Both are fixed by the claim. What is found here may have changed until then; the claim says so, and it is found anew.
"""

from gateway.adjustments import Draft, Record, Settlement, Verdict
from gateway.answers import rendering
from gateway.errors import GatewayError, NotFound, NotReversible, OperationNotSupported
from gateway.journal import Journal, Unreversible
from gateway.model import Adjustment, Applied
from gateway.planning.planning import Plan, Planner
from gateway.planning.routing import Route
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reversible import Reversible
from gateway.service.replies import unreversible
from gateway.write import Reversal, Write

Planned = tuple[Write, Plan[Applied]]
"""A write, and how it is carried out."""


class Reversals:
    """Plans reversals of what is in the journal."""

    def __init__(self, planner: Planner, journal: Journal) -> None:
        self._planner = planner
        self._journal = journal

    async def planned(self, tenant: str, asked: Reversal, *, id: str) -> Planned:  # noqa: A002 (the field's name)
        """Plan a reversal with the own id `id`. Raises `NotFound`, `NotReversible` and what `Planner.write` raises."""
        original = await self._journal.get(tenant, asked.original)
        if original is None:
            raise NotFound(f"Tenant {tenant!r} has no adjustment {asked.original!r}")
        reversible = Reversible.of(original, await self._journal.reversals(tenant, asked.original))
        points = reversible.left if asked.points is None else asked.points
        if (why := reversible.refused(points, linked=False)) is not None:
            raise unreversible(Unreversible(asked.original, why, reversible.left))
        adjusted = original.draft.adjustment
        adjustment = Adjustment(
            adjusted.member,
            points if adjusted.points < 0 else -points,
            point_type=original.draft.effective("point_type"),
            reason=original.draft.effective("reason"),
            store=adjusted.store,
            description=asked.description,
        )
        whole = reversible.alone and points == reversible.booked
        if asked.linked is not False and (planned := self._linked(asked, original, adjustment, whole=whole, id_=id)):
            return planned
        write = Write(adjustment, "reverse", asked.original, original.draft.write.resolved, asked)
        return write, self._compensation(tenant, original, write, id_=id)

    def _linked(
        self, asked: Reversal, original: Record, adjustment: Adjustment, *, whole: bool, id_: str
    ) -> Planned | None:
        """The vendor's own cancel; None where there is none and the caller takes either."""
        draft, transaction = original.draft, original.applied.transaction_id if original.applied else None
        try:
            translator = self._planner.translator(draft.vendor)
        except OperationNotSupported:
            if asked.linked:
                raise
            return None
        possible = translator.reverses(transaction)
        if possible and whole:
            same_account(translator, draft.account)
            write = Write(
                adjustment,
                "reverse",
                asked.original,
                draft.write.resolved,
                asked,
                linked=True,
                transaction=transaction,
            )
            route = Route(draft.rule, draft.vendor)
            return write, Plan(route, translator, translator.write(write, id=id_))
        if asked.linked and possible:
            raise NotReversible(
                "The vendor's own cancel takes back the whole adjustment: leave out points, and reverse nothing of it"
                " before; or leave out linked"
            )
        if asked.linked:
            raise OperationNotSupported(
                f"The vendor {draft.vendor!r} has no cancel of its own for this: leave out linked"
            )
        return None

    def _compensation(self, tenant: str, original: Record, write: Write, *, id_: str) -> Plan[Applied]:
        """An adjustment of the opposite sign, where today's rule allows it and leads to the same account."""
        draft = original.draft
        route, translator = self._planner.rule(tenant, draft.adjustment)
        if not route.compensate:
            raise OperationNotSupported(
                f"The rule {route.rule} does not let an adjustment be reversed by one of the opposite sign"
                " (compensate: true), and the vendor's own cancel cannot do it"
            )
        same_account(translator, draft.account)
        return Plan(route, translator, same_point_type(translator.write(write, id=id_), draft.vendor_point_type))


def same_account(translator: Translator, account: str) -> None:
    """Raises `OperationNotSupported` where a vendor is not the account at which the original was applied."""
    if account not in translator.accounts:
        raise OperationNotSupported(
            f"The adjustment was applied at another account than that of the vendor {translator.name!r} now:"
            " what it changed can be taken back only there"
        )


def given_up(record: Record, error: GatewayError, request_id: str) -> Settlement:
    """The end of a reversal that failed, with nothing applied, and whose share others have now: another key is free."""
    told = rendering.problem(error, request_id=request_id).model_dump()
    return Settlement(record, Verdict.REFUSED, {"sent": False, "error": error.code}, problem=told)


def next_attempt(draft: Draft, translator: Translator) -> Translation[Applied]:
    """A write as its first attempt said it, whatever the vendor's defaults are now.

    Raises what `Translator.write` raises, and `OperationNotSupported` where a reversal would go to another account or
    point type than its original.
    """
    if draft.write.refers_to is None:
        return translator.write(draft.effective_write, id=draft.id)
    same_account(translator, draft.account)
    return same_point_type(translator.write(draft.effective_write, id=draft.id), draft.vendor_point_type)


def same_point_type(translation: Translation[Applied], before: str | None) -> Translation[Applied]:
    """The translation. Raises `OperationNotSupported` where it goes to another point type than was written to before.

    `before`: the vendor's own value then; None where it is not known, or there was none.
    """
    if "point_type" in translation.defaults:
        raise OperationNotSupported(
            "The vendor was told no point type of the adjustment, or it is not known which, and now has a default:"
            " it may be another one"
        )
    if before is not None and translation.vendor_point_type != before:
        raise OperationNotSupported(
            "The point type of the adjustment means another one at the vendor now (point_types), which would be changed"
        )
    return translation
