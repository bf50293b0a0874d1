"""Tenants and clients: their routes and rights, what a call would send, and the configuration that serves."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from gateway.answers import plans
from gateway.answers.answer_model import AnswerModel, Time
from gateway.answers.models import Capabilities, Preview
from gateway.errors import NotFound
from gateway.model import Adjustment, time_text
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.operators.vendors import PauseShown, pauses_of
from gateway.planning.planning import PREVIEWED_ID
from gateway.settings import Settings
from gateway.write import Write

MOST = 100
"""Tenants, and clients, that are shown at once."""
MOST_TENANTS = 100
"""Tenants of one client that are shown."""


class RouteShown(AnswerModel):
    """One rule of an operation; `when` is empty where it always matches."""

    operation: str
    when: dict[str, list[str]]
    vendor: str
    rule: str


class TenantShown(AnswerModel):
    """A configured tenant; `journal_name` is its name in the journal, if it was renamed another one."""

    name: str
    journal_name: str
    routes: list[RouteShown]
    clients: list[str]
    pauses: list[PauseShown]


class ClientShown(AnswerModel):
    """A configured client; `last_used` is its last request to these processes, null where there was none."""

    name: str
    journal_name: str
    tenants: list[str] = Field(description=f"The first {MOST_TENANTS} of them.")
    more_tenants: int
    scopes: list[str]
    rate: str | None
    keys: int
    last_used: Time | None
    pauses: list[PauseShown]


class ConfigurationShown(AnswerModel):
    """The configuration that serves, and what the last reload of this process changed, a line for each thing."""

    digest: str
    loaded_at: Time
    reloaded_at: Time | None
    changes: list[str]
    approvals: int = Field(description="How many people a resolution takes.")
    approval_expires: float


class Parties(AnswerModel):
    """Tenants and clients by name, and the configuration that they stand in."""

    tenants: list[TenantShown]
    more_tenants: int = Field(description="How many others there are whose names hold the same part.")
    clients: list[ClientShown]
    more_clients: int
    configuration: ConfigurationShown
    process: str


async def parties(desk: Desk, operator: Operator, *, named: str = "", limit: int = MOST) -> Parties:
    """The first tenants and clients whose names hold a part, whatever its case; of any name for an empty one.

    Raises `Forbidden` or `StoreUnavailable`.
    """
    operator.permit("operator:read")
    settings = desk.current().settings
    pauses, used = await pauses_of(desk), desk.recorder.last_used()
    tenants, clients = (
        [name for name in sorted(names) if named.lower() in name.lower()]
        for names in (settings.tenants, settings.clients)
    )
    return Parties(
        tenants=[_tenant(settings, name, pauses) for name in tenants[:limit]],
        more_tenants=max(0, len(tenants) - limit),
        clients=[_client(settings, name, pauses, used) for name in clients[:limit]],
        more_clients=max(0, len(clients) - limit),
        configuration=configuration(desk),
        process=desk.process,
    )


async def tenant(desk: Desk, operator: Operator, name: str) -> TenantShown:
    """One tenant, by its name in the configuration. Raises `Forbidden`, `NotFound` or `StoreUnavailable`."""
    operator.permit("operator:read")
    _journal_name(desk, name)
    return _tenant(desk.current().settings, name, await pauses_of(desk))


def configuration(desk: Desk) -> ConfigurationShown:
    """The configuration that serves."""
    current, reloaded = desk.current(), desk.reloaded
    return ConfigurationShown(
        digest=current.settings.digest,
        loaded_at=time_text(current.loaded_at),
        reloaded_at=None if reloaded is None else time_text(reloaded.at),
        changes=[] if reloaded is None else list(reloaded.changes),
        approvals=current.settings.resolution.approvals,
        approval_expires=current.settings.resolution.expires,
    )


def capabilities(desk: Desk, operator: Operator, tenant: str) -> Capabilities:
    """What a tenant's routes support. Raises `Forbidden` or `NotFound`."""
    operator.permit("operator:read")
    return plans.capabilities(desk.current().vendors.planner, _journal_name(desk, tenant))


async def explained(desk: Desk, operator: Operator, tenant: str, adjustment: Adjustment) -> Preview:
    """What an adjustment of a tenant would send, secrets masked; nothing is sent.

    Raises `Forbidden`, `NotFound`, or what keeps it from being sent, as `FieldNotSupported` or `LimitExceeded`.
    """
    operator.permit("operator:read")
    name, current = _journal_name(desk, tenant), desk.current()
    planner = current.vendors.planner.masked()
    lookup = planner.lookup(name, "adjust", adjustment.member, adjustment.point_type)
    if lookup is None:
        preview = plans.preview(planner.write(name, Write(adjustment), id=PREVIEWED_ID))
    else:
        preview = plans.preview_of_lookup(lookup, adjustment)
    current.settings.ceilings.check(adjustment, client=None, tenant=name)
    return preview


def _journal_name(desk: Desk, tenant: str) -> str:
    tenants = desk.current().settings.tenants
    if tenant not in tenants:
        raise NotFound(f"There is no tenant {tenant!r} in the configuration")
    return tenants[tenant].journal_name


def _tenant(settings: Settings, name: str, pauses: list[PauseShown]) -> TenantShown:
    tenant = settings.tenants[name]
    return TenantShown(
        name=name,
        journal_name=tenant.journal_name,
        routes=[
            RouteShown(
                operation=str(operation),
                when={
                    named: sorted(values)
                    for named, values in (("member", each.member_schemes), ("point_type", each.point_types))
                    if values is not None
                },
                vendor=each.vendor,
                rule=each.rule,
            )
            for operation, rules in tenant.routes.items()
            for each in rules
        ],
        clients=sorted(each.name for each in settings.clients.values() if name in each.tenants),
        pauses=[each for each in pauses if (each.of, each.name) == ("tenant", tenant.journal_name)],
    )


def _client(settings: Settings, name: str, pauses: list[PauseShown], used: Mapping[str, datetime]) -> ClientShown:
    client = settings.clients[name]
    return ClientShown(
        name=name,
        journal_name=client.journal_name,
        tenants=sorted(client.tenants)[:MOST_TENANTS],
        more_tenants=max(0, len(client.tenants) - MOST_TENANTS),
        scopes=sorted(client.scopes),
        rate=client.rate,
        keys=sum(each.client == name for each in settings.client_keys),
        last_used=time_text(used[name]) if name in used else None,
        pauses=[each for each in pauses if (each.of, each.name) == ("client", client.journal_name)],
    )
