"""The endpoints: from a call that was read to the service, and back to a response."""

from collections.abc import Callable
from datetime import datetime

from starlette.responses import Response

from gateway import errors
from gateway.answers import models as answers
from gateway.answers import rendering
from gateway.api import reading, schemas
from gateway.api.edge import Call, Endpoint, answer
from gateway.errors import FieldError, Forbidden, GatewayError, InvalidRequest
from gateway.model import Member
from gateway.service.allowances import LimitsAnswer
from gateway.service.service import Service
from gateway.settings import Scope

_INSPECT: Scope = "points:inspect"
_ALWAYS: tuple[type[GatewayError], ...] = (
    errors.InvalidRequest,
    errors.TenantRequired,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.RateLimited,
    errors.InternalError,
    errors.Overloaded,
)
_BODY = (errors.PayloadTooLarge, errors.UnsupportedMediaType)
_UNSAYABLE = (errors.OperationNotSupported, errors.FieldNotSupported)
_STORE = (errors.StoreUnavailable,)
_NO = (errors.MemberNotFound, errors.InsufficientPoints, errors.VendorRejected)
_DOWN = (errors.VendorAuthFailed, errors.VendorUnavailable, errors.VendorRateLimited)
_READ = (*_UNSAYABLE, *_NO, *_DOWN, errors.VendorBadResponse, errors.VendorTimeout)


class Endpoints:
    """Every operation of the API on one service. `clock`: now, aware, in UTC."""

    def __init__(
        self, service: Service, adjustment_body: type[schemas.AdjustmentBody], *, clock: Callable[[], datetime]
    ) -> None:
        self._service = service
        self._adjustment_body = adjustment_body
        self._clock = clock

    def table(self) -> tuple[Endpoint, ...]:
        """The endpoints, as they serve and as they are documented."""
        return (
            Endpoint(
                "POST",
                "/v1/adjustments",
                "adjust",
                "Credit or debit points",
                "points:write",
                self.adjust,
                {201: answers.AdjustmentAnswer, 202: answers.AdjustmentAnswer},
                (
                    *_ALWAYS,
                    *_BODY,
                    *_UNSAYABLE,
                    *_STORE,
                    *_NO,
                    *_DOWN,
                    errors.IdempotencyKeyRequired,
                    errors.IdempotencyInProgress,
                    errors.IdempotencyKeyReused,
                    errors.LimitExceeded,
                    errors.DailyLimitExceeded,
                    errors.NotApplied,
                ),
                body=self._adjustment_body,
                needs_key=True,
            ),
            Endpoint(
                "GET",
                "/v1/adjustments",
                "list_adjustments",
                "List adjustments, newest first",
                "points:read",
                self.adjustments,
                {200: answers.AdjustmentPage},
                (*_ALWAYS, *_STORE),
                query=schemas.ListQuery,
            ),
            Endpoint(
                "POST",
                "/v1/adjustments/preview",
                "preview_adjustment",
                "See what an adjustment would send, without sending it",
                "points:read",
                self.preview,
                {200: answers.Preview},
                (*_ALWAYS, *_BODY, *_UNSAYABLE, errors.LimitExceeded),
                body=self._adjustment_body,
            ),
            Endpoint(
                "GET",
                "/v1/adjustments/{id}",
                "get_adjustment",
                "See where an adjustment stands",
                "points:read",
                self.adjustment,
                {200: answers.AdjustmentHistory},
                (*_ALWAYS, *_STORE, errors.NotFound),
                query=schemas.AdjustmentQuery,
            ),
            Endpoint(
                "POST",
                "/v1/adjustments/{id}/resolution",
                "resolve_adjustment",
                "Settle an unknown adjustment by hand",
                "points:resolve",
                self.resolve,
                {200: answers.AdjustmentAnswer},
                (*_ALWAYS, *_BODY, *_STORE, errors.NotFound, errors.NotResolvable),
                body=schemas.ResolutionBody,
            ),
            Endpoint(
                "GET",
                "/v1/members/{member}/balance",
                "get_balance",
                "Read a member's balance",
                "points:read",
                self.balance,
                {200: answers.BalanceAnswer},
                (*_ALWAYS, *_READ),
                query=schemas.BalanceQuery,
            ),
            Endpoint(
                "GET",
                "/v1/members/{member}/expiring",
                "get_expiring",
                "Read the points that expire within a period",
                "points:read",
                self.expiring,
                {200: answers.ExpiringAnswer},
                (*_ALWAYS, *_READ),
                query=schemas.ExpiringQuery,
            ),
            Endpoint(
                "GET",
                "/v1/capabilities",
                "get_capabilities",
                "See what this tenant's vendors can do",
                "points:read",
                self.capabilities,
                {200: answers.Capabilities},
                _ALWAYS,
            ),
            Endpoint(
                "GET",
                "/v1/limits",
                "get_limits",
                "See what this client may still adjust for this tenant",
                "points:read",
                self.limits,
                {200: LimitsAnswer},
                (*_ALWAYS, *_STORE),
            ),
        )

    async def adjust(self, call: Call) -> Response:
        """POST /v1/adjustments."""
        key = reading.idempotency_key(call.headers.getlist("idempotency-key"))
        reply = await self._service.adjust(call.caller, key=key, adjustment=call.body.adjustment())
        call.about.update(adjustment=reply.draft.id, vendor=reply.draft.vendor)
        media_type = "application/json" if reply.status < 300 else "application/problem+json"
        response = Response(reply.body, reply.status, media_type=media_type)
        if reply.status < 300:
            response.headers["Location"] = f"/v1/adjustments/{reply.draft.id}"
        if reply.retry_after is not None:
            response.headers["Retry-After"] = str(reply.retry_after)
        if reply.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    async def adjustments(self, call: Call) -> Response:
        """GET /v1/adjustments."""
        query, tenant = call.query, call.caller.tenant
        page = await self._service.adjustments(tenant, query.filters(), limit=query.limit, after=query.after(tenant))
        return answer(
            answers.AdjustmentPage(
                data=[rendering.adjustment(record) for record in page.records],
                next_cursor=query.cursor_for(tenant, page.next),
            )
        )

    async def preview(self, call: Call) -> Response:
        """POST /v1/adjustments/preview."""
        adjustment = call.body.adjustment()
        preview = self._service.preview(call.caller, adjustment, inspected=_INSPECT in call.scopes)
        call.about.update(vendor=preview.vendor.name)
        return answer(preview)

    async def adjustment(self, call: Call) -> Response:
        """GET /v1/adjustments/{id}."""
        history = call.query.include == "history"
        found = await self._service.adjustment(
            call.caller.tenant, call.path["id"], history=history, inspected=_INSPECT in call.scopes
        )
        call.about.update(adjustment=found.id, vendor=found.vendor.name)
        return answer(found)

    async def resolve(self, call: Call) -> Response:
        """POST /v1/adjustments/{id}/resolution."""
        resolution = call.body.decided(by=call.caller.client, at=self._clock())
        settled = await self._service.resolve(call.caller, call.path["id"], resolution)
        call.about.update(adjustment=settled.id, vendor=settled.vendor.name)
        return answer(settled)

    async def balance(self, call: Call) -> Response:
        """GET /v1/members/{member}/balance."""
        found = await self._service.balance(
            call.caller,
            _member(call),
            point_type=call.query.point_type,
            include_response=_include_response(call),
        )
        call.about.update(vendor=found.vendor.name)
        return answer(found)

    async def expiring(self, call: Call) -> Response:
        """GET /v1/members/{member}/expiring."""
        found = await self._service.expiring(
            call.caller,
            _member(call),
            call.query.period(),
            point_type=call.query.point_type,
            include_response=_include_response(call),
        )
        call.about.update(vendor=found.vendor.name)
        return answer(found)

    async def capabilities(self, call: Call) -> Response:
        """GET /v1/capabilities."""
        return answer(self._service.capabilities(call.caller.tenant))

    async def limits(self, call: Call) -> Response:
        """GET /v1/limits."""
        return answer(await self._service.limits(call.caller))


def _include_response(call: Call) -> bool:
    """Whether the vendor's own answer is asked for. Raises `Forbidden` where the client may not see it."""
    if call.query.include is None:
        return False
    if _INSPECT not in call.scopes:
        raise Forbidden(f"The client {call.caller.client!r} has not the scope {_INSPECT}, which include asks for")
    return True


def _member(call: Call) -> Member:
    try:
        return Member.parse(call.path["member"])
    except ValueError as error:
        raise InvalidRequest(
            f"The member in the path: {error}", errors=(FieldError("{member}", str(error)),)
        ) from error
