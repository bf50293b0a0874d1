"""Finds adjustments across tenants: by id, member, reference, key, request id, or the vendor's transaction id."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from gateway.adjustments import Record, Status
from gateway.answers import rendering
from gateway.answers.answer_model import AnswerModel
from gateway.answers.models import AdjustmentAnswer
from gateway.journal import Filters, Journal
from gateway.journal.finding import Named
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.write import WriteOperation

MOST = 100
"""Adjustments that are found by one id at most."""
_NAMED: tuple[Named, ...] = ("member", "reference", "refers_to")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; what is None is left open. Tenants and clients are named as the journal names them.

    `member`: `SCHEME:VALUE`. `transaction`: the vendor's id. `request_id`: of a request that an attempt ended with,
    or of a person's decision.
    """

    id: str | None = None
    member: str | None = None
    reference: str | None = None
    key: str | None = None
    request_id: str | None = None
    transaction: str | None = None
    tenant: str | None = None
    client: str | None = None
    vendor: str | None = None
    status: Status | None = None
    operation: WriteOperation | None = None
    reverses: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def filters(self) -> Filters:
        """All of it but the three ids, as the journal's lists take it."""
        return Filters(
            member=self.member,
            status=self.status,
            reference=self.reference,
            key=self.key,
            operation=self.operation,
            refers_to=self.reverses,
            created_from=self.created_from,
            created_to=self.created_to,
            vendor=self.vendor,
            client=self.client,
        )

    def fits(self, record: Record) -> bool:
        """Whether an adjustment that was found by one of the three ids is what else is looked for."""
        draft = record.draft
        own = {
            "member": str(draft.adjustment.member),
            "reference": draft.adjustment.reference,
            "key": draft.key,
            "tenant": draft.tenant,
            "client": draft.client,
            "vendor": draft.vendor,
            "status": record.state.status,
            "operation": draft.write.operation,
            "reverses": draft.write.refers_to,
        }
        since, until = self.created_from, self.created_to
        within = (since is None or record.created_at >= since) and (until is None or record.created_at <= until)
        return within and all(getattr(self, name) in (None, value) for name, value in own.items())

    @property
    def by(self) -> list[str]:
        """The names of what is looked for, without the values, which may be a member's."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]


class FoundPage(AnswerModel):
    """Adjustments of all tenants, newest first; `next_after` is the id after which the list goes on, if it does.

    A page before the last one can be short, or empty.
    """

    data: list[AdjustmentAnswer]
    next_after: str | None


async def found(
    desk: Desk, operator: Operator, query: Query, *, limit: int = 20, after: str | None = None
) -> FoundPage:
    """A page of what is found. Raises `Forbidden`, `StoreUnavailable`, or `InvalidRequest` for an unknown `after`."""
    operator.permit("operator:read")
    records, following = await _found(desk.journal, query, limit=limit, after=after)
    page = FoundPage(data=[rendering.adjustment(each) for each in records], next_after=following)
    await desk.trail.read(operator, "search", {"by": query.by, "found": [each.id for each in page.data]})
    return page


async def _found(
    journal: Journal, query: Query, *, limit: int, after: str | None
) -> tuple[Sequence[Record], str | None]:
    """What is found, by whichever index has it; few have one of these ids, so those come whole."""
    if query.id is not None:
        record = await journal.get(None, query.id)
        few: Sequence[Record] = () if record is None else (record,)
    elif query.transaction is not None:
        few = await journal.by_transaction(query.transaction, limit=MOST)
    elif query.request_id is not None:
        few = await journal.by_request(query.request_id, limit=MOST)
    else:
        return await _listed(journal, query, limit=limit, after=after)
    return [each for each in few if query.fits(each)][:limit], None


async def _listed(
    journal: Journal, query: Query, *, limit: int, after: str | None
) -> tuple[Sequence[Record], str | None]:
    filters = query.filters()
    alone = [(name, value) for name in _NAMED if (value := getattr(filters, name)) is not None]
    if query.tenant is None and len(alone) == 1 and filters == Filters(**dict(alone)):
        page = await journal.named(*alone[0], limit=limit, after=after)
    else:
        page = await journal.list(query.tenant, filters, limit=limit, after=after)
    return page.records, page.next
