"""The endpoints of the operator API that show something."""

from gateway import errors
from gateway.admin import schemas
from gateway.admin.edge import AdminCall, AdminEndpoint, AnyAdminEndpoint
from gateway.answers.models import Capabilities, Preview
from gateway.api import problem_groups as groups
from gateway.api.schemas import AdjustmentBody, NoBody, NoQuery
from gateway.operators import (
    actions,
    audit,
    balance_hint,
    live,
    queue,
    search,
    tenants,
    timeline,
    unknown_sets,
    vendors,
)
from gateway.operators.desk import Desk

ALWAYS = (*groups.OPERATORS, *groups.STORE)


class Views:
    """What operators see, on one desk; `adjustment_body` is the model of an adjustment's body."""

    def __init__(self, desk: Desk, adjustment_body: type[AdjustmentBody]) -> None:
        self._desk = desk
        self._adjustment_body = adjustment_body

    def table(self) -> tuple[AnyAdminEndpoint, ...]:
        """The endpoints, as they serve and as they are documented."""
        # Each is made by itself: inside the tuple mypy would take its query and body for Any, and check nothing.
        find = AdminEndpoint(
            "GET",
            "/admin/v1/adjustments",
            "find_adjustments",
            "Find adjustments in all tenants, newest first",
            "operator:read",
            self.find,
            search.FoundPage,
            ALWAYS,
            schemas.SearchQuery,
            NoBody,
        )
        show = AdminEndpoint(
            "GET",
            "/admin/v1/adjustments/{id}",
            "get_timeline",
            "See all that is known of an adjustment",
            "operator:read",
            self.show,
            timeline.Timeline,
            (*ALWAYS, errors.NotFound),
            NoQuery,
            NoBody,
        )
        hint = AdminEndpoint(
            "GET",
            "/admin/v1/adjustments/{id}/balance",
            "get_balance_hint",
            "Ask the vendor for the member's balance, as a hint about an adjustment",
            "operator:read",
            self.hint,
            balance_hint.BalanceHint,
            (*ALWAYS, errors.NotFound),
            NoQuery,
            NoBody,
        )
        waiting = AdminEndpoint(
            "GET",
            "/admin/v1/queue",
            "get_queue",
            "See what is unknown or accepted, oldest first",
            "operator:read",
            self.waiting,
            queue.QueuePage,
            ALWAYS,
            schemas.QueueQuery,
            NoBody,
        )
        unknown = AdminEndpoint(
            "GET",
            "/admin/v1/unknown",
            "get_unknown_set",
            "See what is unknown as a set with a name, by which it can be settled",
            "operator:read",
            self.unknown,
            unknown_sets.UnknownSet,
            ALWAYS,
            schemas.UnknownQuery,
            NoBody,
        )
        alarms = AdminEndpoint(
            "GET",
            "/admin/v1/alarms",
            "get_alarms",
            "See what needs a person besides the queue",
            "operator:read",
            self.alarming,
            queue.Alarms,
            ALWAYS,
            NoQuery,
            NoBody,
        )
        see_vendors = AdminEndpoint(
            "GET",
            "/admin/v1/vendors",
            "get_vendors",
            "See how every vendor stands",
            "operator:read",
            self.vendors_standing,
            vendors.VendorsShown,
            ALWAYS,
            NoQuery,
            NoBody,
        )
        paused = AdminEndpoint(
            "GET",
            "/admin/v1/pauses",
            "get_pauses",
            "See what is paused",
            "operator:read",
            self.paused,
            vendors.PausesShown,
            ALWAYS,
            NoQuery,
            NoBody,
        )
        under_way = AdminEndpoint(
            "GET",
            "/admin/v1/under-way",
            "get_under_way",
            "See what may still send its request where something is paused",
            "operator:read",
            self.under_way,
            actions.UnderWayShown,
            ALWAYS,
            schemas.PauseName,
            NoBody,
        )
        configuration = AdminEndpoint(
            "GET",
            "/admin/v1/configuration",
            "get_configuration",
            "See the tenants, the clients, and what the last reload changed",
            "operator:read",
            self.configuration,
            tenants.Parties,
            ALWAYS,
            NoQuery,
            NoBody,
        )
        capabilities = AdminEndpoint(
            "GET",
            "/admin/v1/tenants/{tenant}/capabilities",
            "get_tenant_capabilities",
            "See what a tenant's vendors can do",
            "operator:read",
            self.capabilities,
            Capabilities,
            (*ALWAYS, errors.NotFound),
            NoQuery,
            NoBody,
        )
        explain = AdminEndpoint(
            "POST",
            "/admin/v1/tenants/{tenant}/explanation",
            "explain_adjustment",
            "See what an adjustment would send, without sending it",
            "operator:read",
            self.explain,
            Preview,
            (*ALWAYS, *groups.BODY, *groups.UNSAYABLE, errors.NotFound, errors.LimitExceeded),
            NoQuery,
            self._adjustment_body,
        )
        happens = AdminEndpoint(
            "GET",
            "/admin/v1/live",
            "get_live",
            "See requests as they come, and rates and latencies of the last hour",
            "operator:read",
            self.happening,
            live.LiveSummary,
            ALWAYS,
            schemas.LiveQuery,
            NoBody,
        )
        log = AdminEndpoint(
            "GET",
            "/admin/v1/audit",
            "get_audit",
            "See what operators read and did, newest first",
            "operator:read",
            self.audited,
            audit.AuditLog,
            ALWAYS,
            schemas.AuditQuery,
            NoBody,
        )
        return (
            find,
            show,
            hint,
            waiting,
            unknown,
            alarms,
            see_vendors,
            paused,
            under_way,
            configuration,
            capabilities,
            explain,
            happens,
            log,
        )

    async def find(self, call: AdminCall[schemas.SearchQuery, NoBody]) -> search.FoundPage:
        """GET /admin/v1/adjustments."""
        query = call.query
        return await search.found(self._desk, call.operator, query.query(), limit=query.limit, after=query.after)

    async def show(self, call: AdminCall[NoQuery, NoBody]) -> timeline.Timeline:
        """GET /admin/v1/adjustments/{id}."""
        return await timeline.timeline(self._desk, call.operator, call.path["id"])

    async def hint(self, call: AdminCall[NoQuery, NoBody]) -> balance_hint.BalanceHint:
        """GET /admin/v1/adjustments/{id}/balance."""
        return await balance_hint.balance_hint(self._desk, call.operator, call.path["id"])

    async def waiting(self, call: AdminCall[schemas.QueueQuery, NoBody]) -> queue.QueuePage:
        """GET /admin/v1/queue."""
        query = call.query
        return await queue.queue(
            self._desk,
            call.operator,
            tenant=query.tenant,
            vendor=query.vendor,
            limit=query.limit,
            after=query.after,
        )

    async def unknown(self, call: AdminCall[schemas.UnknownQuery, NoBody]) -> unknown_sets.UnknownSet:
        """GET /admin/v1/unknown."""
        query, applied = call.query, call.query.outcome == "applied"
        filters = query.filters()
        return await unknown_sets.unknown_set(
            self._desk, call.operator, query.tenant, filters, applied=applied, name=query.set
        )

    async def alarming(self, call: AdminCall[NoQuery, NoBody]) -> queue.Alarms:
        """GET /admin/v1/alarms."""
        return await queue.alarms(self._desk, call.operator)

    async def vendors_standing(self, call: AdminCall[NoQuery, NoBody]) -> vendors.VendorsShown:
        """GET /admin/v1/vendors."""
        return await vendors.vendors(self._desk, call.operator)

    async def paused(self, call: AdminCall[NoQuery, NoBody]) -> vendors.PausesShown:
        """GET /admin/v1/pauses."""
        return await vendors.pauses(self._desk, call.operator)

    async def under_way(self, call: AdminCall[schemas.PauseName, NoBody]) -> actions.UnderWayShown:
        """GET /admin/v1/under-way."""
        return await actions.under_way(self._desk, call.operator, call.query.pause())

    async def configuration(self, call: AdminCall[NoQuery, NoBody]) -> tenants.Parties:
        """GET /admin/v1/configuration."""
        return await tenants.parties(self._desk, call.operator)

    async def capabilities(self, call: AdminCall[NoQuery, NoBody]) -> Capabilities:
        """GET /admin/v1/tenants/{tenant}/capabilities."""
        return tenants.capabilities(self._desk, call.operator, call.path["tenant"])

    async def explain(self, call: AdminCall[NoQuery, AdjustmentBody]) -> Preview:
        """POST /admin/v1/tenants/{tenant}/explanation."""
        return await tenants.explained(self._desk, call.operator, call.path["tenant"], call.body.adjustment())

    async def happening(self, call: AdminCall[schemas.LiveQuery, NoBody]) -> live.LiveSummary:
        """GET /admin/v1/live."""
        return live.summary(self._desk, call.operator, after=int(call.query.after or 0))

    async def audited(self, call: AdminCall[schemas.AuditQuery, NoBody]) -> audit.AuditLog:
        """GET /admin/v1/audit."""
        query = call.query
        after = None if query.after is None else int(query.after)
        return await audit.log(self._desk, call.operator, limit=query.limit, after=after)
