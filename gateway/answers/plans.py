"""Answers from plans and their results: previews, capabilities, balances, expiring points, histories."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from gateway.answers.models import (
    AdjustCapability,
    Capabilities,
    OperationCapabilities,
    Preview,
    ReadCapability,
    RequestShown,
    VendorName,
)
from gateway.answers.readings import (
    BalanceAnswer,
    Bucket,
    ExpiringAnswer,
    ProfileAnswer,
    ReadVendor,
    ResponseShown,
    Transaction,
    TransactionsAnswer,
)
from gateway.answers.rendering import amounts, plain
from gateway.delivery.outcome import Reading
from gateway.delivery.redaction import shown
from gateway.model import (
    Adjustment,
    Balance,
    Expiring,
    Member,
    Operation,
    Profile,
    Transactions,
    VendorTransaction,
    time_text,
)
from gateway.planning.planning import Plan, Planner
from gateway.planning.routing import Route
from gateway.planning.translation import Translator
from gateway.port.secrets import MASK
from gateway.reads import ExpiringRead, LookupRead, Read, TransactionsRead

T = TypeVar("T")
_CALLERS = {"period": ("from", "to"), "start": ("from",), "end": ("to",)}
"""The names by which callers know a parameter of an adapter's method, where they are other ones."""


def preview(plan: Plan[T], *, resolved: Member | None = None) -> Preview:
    """The preview of a plan; the plan must come from a masked planner, so that it contains no secret.

    `resolved`: the vendor's own name of the member, where it was looked up.
    """
    request = plan.translation.request.resolved(writing=plan.translation.writes)
    translator = plan.translator
    return Preview(
        rule=plan.route.rule,
        vendor=VendorName(name=translator.name, adapter=translator.kind.name),
        resolved=_text(resolved),
        request=RequestShown(
            method=request.method,
            url=translator.settings.base_url + request.path,
            headers=dict(request.headers),
            body=MASK if request.confidential and request.body else shown(request.body.decode()),
            effect=bool(request.effect),
        ),
        not_sent=list(plan.translation.not_sent),
        repeat_safety=translator.adapter.repeat_safety,
    )


def preview_of_lookup(lookup: Plan[Profile], adjustment: Adjustment | None = None) -> Preview:
    """The preview of a call that looks its member up first; the plan is that of the look-up, of a masked planner.

    Raises `FieldNotSupported` where the vendor cannot be told the adjustment, whoever the member is.
    """
    translator = lookup.translator
    not_sent = [] if adjustment is None else list(translator.unsaid(adjustment))
    placeholder = f"{translator.adapter.schemes[0]}:?"
    return preview(lookup).model_copy(update={"resolved": placeholder, "not_sent": not_sent})


def capabilities(planner: Planner, tenant: str) -> Capabilities:
    """What a tenant's routes support."""

    def of(operation: Operation) -> list[dict[str, Any]]:
        return [_capability(*chosen, operation) for chosen in planner.routes(tenant, operation)]

    return Capabilities(
        tenant=tenant,
        operations=OperationCapabilities(
            adjust=[AdjustCapability(**fields) for fields in of("adjust")],
            balance=[ReadCapability(**fields) for fields in of("balance")],
            expiring=[ReadCapability(**fields) for fields in of("expiring")],
            transactions=[ReadCapability(**fields) for fields in of("transactions")],
            lookup=[ReadCapability(**fields) for fields in of("lookup")],
        ),
    )


def balance(
    plan: Plan[Balance],
    read: Read[Balance],
    reading: Reading[Balance],
    *,
    resolved: Member | None,
    response: bool,
    cached: bool,
) -> BalanceAnswer:
    """A balance that was read, with the vendor's `response` where that is requested."""
    return BalanceAnswer(
        member=str(read.member),
        resolved=_text(resolved),
        point_type=read.point_type,
        **amounts(reading.result),
        vendor=_vendor(plan, reading, reading.result.details, response=response),
        as_of=time_text(reading.at),
        cached=cached,
    )


def expiring(
    plan: Plan[Expiring],
    read: ExpiringRead,
    reading: Reading[Expiring],
    *,
    resolved: Member | None,
    response: bool,
) -> ExpiringAnswer:
    """The points that expire, with the vendor's `response` where that is requested."""
    found, period = reading.result, read.period
    return ExpiringAnswer(
        member=str(read.member),
        resolved=_text(resolved),
        point_type=read.point_type,
        from_=_time(period.start if period else None),
        to=_time(period.end if period else None),
        points=found.points,
        precision=found.precision,
        buckets=[
            Bucket(
                points=each.points,
                at=_time(each.at),
                within_days=each.within_days,
                details=plain(each.details),
            )
            for each in found.buckets
        ],
        vendor=_vendor(plan, reading, found.details, response=response),
        as_of=time_text(reading.at),
    )


def transactions(
    plan: Plan[Transactions],
    read: TransactionsRead,
    reading: Reading[Transactions],
    made_by: Sequence[str | None],
    *,
    next_cursor: str | None,
    resolved: Member | None,
    response: bool,
) -> TransactionsAnswer:
    """A page of a member's history, with the vendor's `response` where that is requested.

    `made_by`: for each row the id of the adjustment that made it. `next_cursor`: as the caller is given it.
    """
    found = reading.result
    return TransactionsAnswer(
        member=str(read.member),
        resolved=_text(resolved),
        point_type=read.point_type,
        from_=_time(read.start),
        to=_time(read.end),
        data=[_transaction(row, adjustment) for row, adjustment in zip(found.items, made_by, strict=True)],
        next_cursor=next_cursor,
        complete=found.complete,
        vendor=_vendor(plan, reading, found.details, response=response),
        as_of=time_text(reading.at),
    )


def profile(plan: Plan[Profile], read: LookupRead, reading: Reading[Profile], *, response: bool) -> ProfileAnswer:
    """A member that was looked up, with the vendor's `response` where that is requested."""
    found = reading.result
    return ProfileAnswer(
        member=str(read.member),
        ids=dict(found.ids),
        status=found.status,
        tier=found.tier,
        enrolled_at=_time(found.enrolled_at),
        vendor=_vendor(plan, reading, found.details, response=response),
        as_of=time_text(reading.at),
    )


def _transaction(row: VendorTransaction, adjustment: str | None) -> Transaction:
    return Transaction(
        id=row.id,
        at=_time(row.at),
        points=row.points,
        kind=row.kind,
        vendor_kind=row.vendor_kind,
        point_type=row.point_type,
        balance_after=row.balance_after,
        expires_at=_time(row.expires_at),
        reference=row.reference,
        description=row.description,
        reverses=row.reverses,
        reversed_by=row.reversed_by,
        adjustment=adjustment,
        details=plain(row.details),
    )


def _text(member: Member | None) -> str | None:
    return None if member is None else str(member)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


def _vendor(plan: Plan[T], reading: Reading[Any], details: Mapping[str, Any], *, response: bool) -> ReadVendor:
    return ReadVendor(
        name=plan.translator.name,
        adapter=plan.translator.kind.name,
        details=plain(details),
        response=ResponseShown(status=reading.status, body=reading.body) if response else None,
    )


def _capability(route: Route, translator: Translator, operation: Operation) -> dict[str, Any]:
    adapter, supported = translator.adapter, translator.kind.operations[operation]
    when = {"member": route.member_schemes, "point_type": route.point_types}
    fields: dict[str, Any] = {
        "when": {name: sorted(values) for name, values in when.items() if values is not None},
        "vendor": translator.name,
        "adapter": translator.kind.name,
        "member_schemes": list(adapter.lookup_schemes if operation == "lookup" else adapter.schemes),
        "resolves": [] if operation == "lookup" else list(translator.settings.resolve),
        "fields": sorted({name for each in supported - {"id"} for name in _CALLERS.get(each, (each,))}),
        "point_types": sorted(getattr(translator.settings, "point_types", {})) if "point_type" in supported else [],
    }
    if operation == "adjust":
        fields["fractions"] = adapter.fractions
        fields["balance_in_answer"] = adapter.balance_in_answer
        fields["repeat_safety"] = adapter.repeat_safety
        can = {"linked": translator.kind.reversed_by is not None, "compensation": route.compensate}
        fields["reversals"] = [name for name, possible in can.items() if possible]
    return fields
