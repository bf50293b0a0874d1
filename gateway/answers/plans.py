"""Makes answers of plans and of what was read by them: previews, capabilities, balances, expiring points."""

from collections.abc import Mapping
from typing import Any, TypeVar

from gateway.answers.models import (
    AdjustCapability,
    BalanceAnswer,
    Capabilities,
    ExpiringAnswer,
    OperationCapabilities,
    Preview,
    ReadCapability,
    ReadVendor,
    RequestShown,
    ResponseShown,
    VendorName,
)
from gateway.answers.rendering import plain
from gateway.delivery.outcome import Reading
from gateway.delivery.redaction import shown
from gateway.model import Balance, Expiring, Member, Operation, Period, time_text
from gateway.planning.planning import Plan, Planner
from gateway.planning.routing import Route
from gateway.planning.translation import Translator
from gateway.port.secrets import MASK

T = TypeVar("T")


def preview(plan: Plan[T]) -> Preview:
    """A plan as callers see it; one of a masked planner holds no secret."""
    request = plan.translation.request.resolved(writing=plan.translation.writes)
    translator = plan.translator
    return Preview(
        rule=plan.route.rule,
        vendor=VendorName(name=translator.name, adapter=translator.kind.name),
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


def capabilities(planner: Planner, tenant: str) -> Capabilities:
    """What a tenant can do."""

    def each(operation: Operation) -> list[dict[str, Any]]:
        return [_capability(*chosen, operation) for chosen in planner.routes(tenant, operation)]

    return Capabilities(
        tenant=tenant,
        operations=OperationCapabilities(
            adjust=[AdjustCapability(**fields) for fields in each("adjust")],
            balance=[ReadCapability(**fields) for fields in each("balance")],
            expiring=[ReadCapability(**fields) for fields in each("expiring")],
        ),
    )


def balance(
    plan: Plan[Balance],
    member: Member,
    point_type: str | None,
    reading: Reading[Balance],
    *,
    response: bool,
    cached: bool,
) -> BalanceAnswer:
    """A balance that was read, with the vendor's `response` where that is asked for."""
    result = reading.result
    return BalanceAnswer(
        member=str(member),
        point_type=point_type,
        available=result.available,
        lifetime=result.lifetime,
        updated_at=time_text(result.updated_at) if result.updated_at else None,
        vendor=_vendor(plan, reading, result.details, response=response),
        as_of=time_text(reading.at),
        cached=cached,
    )


def expiring(
    plan: Plan[Expiring],
    member: Member,
    period: Period,
    point_type: str | None,
    reading: Reading[Expiring],
    *,
    response: bool,
) -> ExpiringAnswer:
    """The points that expire within a period, with the vendor's `response` where that is asked for."""
    return ExpiringAnswer(
        member=str(member),
        point_type=point_type,
        from_=time_text(period.start),
        to=time_text(period.end),
        points=reading.result.points,
        vendor=_vendor(plan, reading, reading.result.details, response=response),
        as_of=time_text(reading.at),
    )


def _vendor(plan: Plan[T], reading: Reading[Any], details: Mapping[str, Any], *, response: bool) -> ReadVendor:
    return ReadVendor(
        name=plan.translator.name,
        adapter=plan.translator.kind.name,
        details=plain(details),
        response=ResponseShown(status=reading.status, body=reading.body) if response else None,
    )


def _capability(route: Route, translator: Translator, operation: Operation) -> dict[str, Any]:
    adapter, can = translator.adapter, translator.kind.operations[operation]
    when = {"member": route.member_schemes, "point_type": route.point_types}
    fields: dict[str, Any] = {
        "when": {name: sorted(values) for name, values in when.items() if values is not None},
        "vendor": translator.name,
        "adapter": translator.kind.name,
        "member_schemes": list(adapter.schemes),
        "fields": sorted(can - {"id", "period"} | ({"from", "to"} if "period" in can else set())),
        "point_types": sorted(getattr(translator.settings, "point_types", {})) if "point_type" in can else [],
    }
    if operation == "adjust":
        fields["fractions"] = adapter.fractions
        fields["balance_in_answer"] = adapter.balance_in_answer
        fields["repeat_safety"] = adapter.repeat_safety
    return fields
