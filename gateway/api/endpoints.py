"""The endpoints: from a call that was read to the service, and back to a response."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gateway import errors
from gateway.answers import models as answers
from gateway.answers import rendering
from gateway.api import problem_groups as groups
from gateway.api import reading, schemas
from gateway.api.edge import AnyEndpoint, Call, Endpoint, answer
from gateway.api.list_query import ListQuery
from gateway.api.member_reads import INSPECT, MemberReads
from gateway.api.whole_response import WholeResponse
from gateway.service.allowances import LimitsAnswer
from gateway.service.replies import Reply
from gateway.service.service import Service


class Endpoints:
    """Every operation of the API on one service. `clock`: now, aware, in UTC."""

    def __init__(
        self, service: Service, adjustment_body: type[schemas.AdjustmentBody], *, clock: Callable[[], datetime]
    ) -> None:
        self._service = service
        self._adjustment_body = adjustment_body
        self._clock = clock

    def table(self) -> tuple[AnyEndpoint, ...]:
        """The endpoints, as they serve and as they are documented."""
        # Each is made by itself: inside the tuple mypy would take its query and body for Any, and check nothing.
        adjust = Endpoint(
            "POST",
            "/v1/adjustments",
            "adjust",
            "Credit or debit points",
            "points:write",
            self.adjust,
            {201: answers.AdjustmentAnswer, 202: answers.AdjustmentAnswer},
            groups.WRITE,
            query=schemas.NoQuery,
            body=self._adjustment_body,
            needs_key=True,
        )
        reverse = Endpoint(
            "POST",
            "/v1/adjustments/{id}/reversal",
            "reverse_adjustment",
            "Take an adjustment back, whole or in part",
            "points:write",
            self.reverse,
            {201: answers.AdjustmentAnswer, 202: answers.AdjustmentAnswer},
            (*groups.WRITE, errors.NotFound, errors.NotReversible, errors.AlreadyReversed),
            query=schemas.NoQuery,
            body=schemas.ReversalBody,
            needs_key=True,
        )
        adjustments = Endpoint(
            "GET",
            "/v1/adjustments",
            "list_adjustments",
            "List adjustments, newest first",
            "points:read",
            self.adjustments,
            {200: answers.AdjustmentPage},
            (*groups.ALWAYS, *groups.STORE),
            query=ListQuery,
            body=schemas.NoBody,
        )
        preview = Endpoint(
            "POST",
            "/v1/adjustments/preview",
            "preview_adjustment",
            "See what an adjustment would send, without sending it",
            "points:read",
            self.preview,
            {200: answers.Preview},
            (*groups.ALWAYS, *groups.BODY, *groups.READ, errors.LimitExceeded),
            query=schemas.PreviewQuery,
            body=self._adjustment_body,
        )
        adjustment = Endpoint(
            "GET",
            "/v1/adjustments/{id}",
            "get_adjustment",
            "See where an adjustment stands",
            "points:read",
            self.adjustment,
            {200: answers.AdjustmentHistory},
            (*groups.ALWAYS, *groups.STORE, errors.NotFound),
            query=schemas.AdjustmentQuery,
            body=schemas.NoBody,
        )
        resolve = Endpoint(
            "POST",
            "/v1/adjustments/{id}/resolution",
            "resolve_adjustment",
            "Settle an unknown adjustment by hand",
            "points:resolve",
            self.resolve,
            {200: answers.AdjustmentAnswer, 202: answers.ProposedAnswer},
            (*groups.ALWAYS, *groups.BODY, *groups.STORE, errors.NotFound, errors.NotResolvable),
            query=schemas.NoQuery,
            body=schemas.ResolutionBody,
        )
        withdraw = Endpoint(
            "DELETE",
            "/v1/adjustments/{id}/proposal",
            "withdraw_proposal",
            "Withdraw what this client has proposed of an adjustment",
            "points:resolve",
            self.withdraw,
            {200: answers.AdjustmentAnswer},
            (*groups.ALWAYS, *groups.STORE, errors.NotFound, errors.NotResolvable),
            query=schemas.NoQuery,
            body=schemas.NoBody,
        )
        capabilities = Endpoint(
            "GET",
            "/v1/capabilities",
            "get_capabilities",
            "See what this tenant's vendors can do",
            "points:read",
            self.capabilities,
            {200: answers.Capabilities},
            groups.ALWAYS,
            query=schemas.NoQuery,
            body=schemas.NoBody,
        )
        limits = Endpoint(
            "GET",
            "/v1/limits",
            "get_limits",
            "See what this client may still adjust for this tenant",
            "points:read",
            self.limits,
            {200: LimitsAnswer},
            (*groups.ALWAYS, *groups.STORE),
            query=schemas.NoQuery,
            body=schemas.NoBody,
        )
        own = adjust, reverse, adjustments, preview, adjustment, resolve, withdraw, capabilities, limits
        return *own, *MemberReads(self._service).table()

    async def adjust(self, call: Call[schemas.NoQuery, schemas.AdjustmentBody]) -> WholeResponse:
        """POST /v1/adjustments."""
        key = reading.idempotency_key(call.headers.texts(b"idempotency-key"))
        reply = await self._service.adjust(call.caller, key=key, adjustment=call.body.adjustment())
        return _written(call, reply)

    async def reverse(self, call: Call[schemas.NoQuery, schemas.ReversalBody]) -> WholeResponse:
        """POST /v1/adjustments/{id}/reversal."""
        key = reading.idempotency_key(call.headers.texts(b"idempotency-key"))
        reversal = call.body.reversal(call.path["id"])
        reply = await self._service.reverse(call.caller, key=key, reversal=reversal)
        return _written(call, reply)

    async def adjustments(self, call: Call[ListQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/adjustments."""
        query, tenant = call.query, call.caller.tenant
        page = await self._service.adjustments(tenant, query.filters(), limit=query.limit, after=query.after(tenant))
        return answer(
            answers.AdjustmentPage(
                data=[rendering.adjustment(record) for record in page.records],
                next_cursor=query.cursor_for(tenant, page.next),
            )
        )

    async def preview(self, call: Call[schemas.PreviewQuery, schemas.AdjustmentBody]) -> WholeResponse:
        """POST /v1/adjustments/preview."""
        adjustment, resolve = call.body.adjustment(), call.query.resolve == "true"
        inspected = INSPECT in call.scopes
        preview = await self._service.preview(call.caller, adjustment, resolve=resolve, inspected=inspected)
        call.about.update(vendor=preview.vendor.name)
        return answer(preview)

    async def adjustment(self, call: Call[schemas.AdjustmentQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/adjustments/{id}."""
        history = call.query.include == "history"
        found = await self._service.adjustment(
            call.caller.tenant, call.path["id"], history=history, inspected=INSPECT in call.scopes
        )
        call.about.update(adjustment=found.id, vendor=found.vendor.name)
        return answer(found)

    async def withdraw(self, call: Call[schemas.NoQuery, schemas.NoBody]) -> WholeResponse:
        """DELETE /v1/adjustments/{id}/proposal."""
        return answer(await self._service.withdraw(call.caller, call.path["id"]))

    async def resolve(self, call: Call[schemas.NoQuery, schemas.ResolutionBody]) -> WholeResponse:
        """POST /v1/adjustments/{id}/resolution."""
        resolution = call.body.decided(by=call.caller.client, at=self._clock())
        settled = await self._service.resolve(call.caller, call.path["id"], resolution)
        call.about.update(adjustment=settled.id, vendor=settled.vendor.name)
        return answer(settled, 202 if isinstance(settled, answers.ProposedAnswer) else 200)

    async def capabilities(self, call: Call[schemas.NoQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/capabilities."""
        return answer(self._service.capabilities(call.caller.tenant))

    async def limits(self, call: Call[schemas.NoQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/limits."""
        return answer(await self._service.limits(call.caller))


def _written(call: Call[Any, Any], reply: Reply) -> WholeResponse:
    """The response to a write."""
    call.about.update(adjustment=reply.draft.id, vendor=reply.draft.vendor)
    media_type = "application/json" if reply.status < 300 else "application/problem+json"
    response = WholeResponse(reply.body, reply.status, media_type=media_type)
    if reply.status < 300:
        response.add("Location", f"/v1/adjustments/{reply.draft.id}")
    if reply.retry_after is not None:
        response.add("Retry-After", str(reply.retry_after))
    if reply.replayed:
        response.add("Idempotent-Replayed", "true")
    return response
