"""The endpoints of the operator API by which something is done."""

from gateway.admin import schemas
from gateway.admin.edge import AdminCall, AdminEndpoint, AnyAdminEndpoint
from gateway.api import problem_groups as groups
from gateway.api.schemas import NoQuery
from gateway.operators import actions, decisions
from gateway.operators.desk import Desk

BODY = (*groups.OPERATORS, *groups.STORE, *groups.BODY)


class Deeds:
    """What operators do, on one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def table(self) -> tuple[AnyAdminEndpoint, ...]:
        """The endpoints, as they serve and as they are documented."""
        # Each is made by itself: inside the tuple mypy would take its query and body for Any, and check nothing.
        resolve = AdminEndpoint(
            "POST",
            "/admin/v1/resolutions",
            "resolve_adjustments",
            "Settle unknown adjustments by hand, or propose it",
            "operator:write",
            self.resolve,
            decisions.Settlements,
            BODY,
            NoQuery,
            schemas.DecisionBody,
        )
        approve = AdminEndpoint(
            "POST",
            "/admin/v1/approvals",
            "approve_resolutions",
            "Confirm what another person has decided",
            "operator:write",
            self.approve,
            decisions.Settlements,
            BODY,
            NoQuery,
            schemas.DecisionBody,
        )
        withdraw = AdminEndpoint(
            "POST",
            "/admin/v1/withdrawals",
            "withdraw_proposals",
            "Withdraw what you have proposed, before another person confirms it",
            "operator:write",
            self.withdraw,
            decisions.Withdrawals,
            BODY,
            NoQuery,
            schemas.WithdrawalBody,
        )
        look = AdminEndpoint(
            "POST",
            "/admin/v1/searches",
            "search_now",
            "Have adjustments looked for at their vendors now",
            "operator:write",
            self.search_now,
            actions.Searches,
            BODY,
            NoQuery,
            schemas.SearchNowBody,
        )
        pause = AdminEndpoint(
            "POST",
            "/admin/v1/pauses",
            "pause",
            "Pause a vendor, a tenant, a client or all",
            "operator:write",
            self.pause,
            actions.Switched,
            BODY,
            NoQuery,
            schemas.PauseBody,
        )
        resume = AdminEndpoint(
            "POST",
            "/admin/v1/resumptions",
            "resume",
            "End a pause",
            "operator:write",
            self.resume,
            actions.Switched,
            BODY,
            NoQuery,
            schemas.PauseName,
        )
        return resolve, approve, withdraw, look, pause, resume

    async def resolve(self, call: AdminCall[NoQuery, schemas.DecisionBody]) -> decisions.Settlements:
        """POST /admin/v1/resolutions."""
        return await self._decided(decisions.resolve, call)

    async def approve(self, call: AdminCall[NoQuery, schemas.DecisionBody]) -> decisions.Settlements:
        """POST /admin/v1/approvals."""
        return await self._decided(decisions.approve, call)

    async def _decided(
        self, decide: decisions.Decide, call: AdminCall[NoQuery, schemas.DecisionBody]
    ) -> decisions.Settlements:
        return await decide(
            self._desk,
            call.operator,
            [each.seen() for each in call.body.adjustments],
            applied=call.body.outcome == "applied",
            reason=call.body.reason,
            request_id=call.request_id,
        )

    async def withdraw(self, call: AdminCall[NoQuery, schemas.WithdrawalBody]) -> decisions.Withdrawals:
        """POST /admin/v1/withdrawals."""
        return await decisions.withdraw(self._desk, call.operator, call.body.adjustments, request_id=call.request_id)

    async def search_now(self, call: AdminCall[NoQuery, schemas.SearchNowBody]) -> actions.Searches:
        """POST /admin/v1/searches."""
        return await actions.search_now(self._desk, call.operator, call.body.adjustments)

    async def pause(self, call: AdminCall[NoQuery, schemas.PauseBody]) -> actions.Switched:
        """POST /admin/v1/pauses."""
        return await actions.pause(self._desk, call.operator, call.body.pause())

    async def resume(self, call: AdminCall[NoQuery, schemas.PauseName]) -> actions.Switched:
        """POST /admin/v1/resumptions."""
        return await actions.resume(self._desk, call.operator, call.body.pause())
