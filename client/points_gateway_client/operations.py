"""The operations of the API as exchanges without I/O; both clients drive them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar, Unpack, get_args

from points_gateway_client import exact
from points_gateway_client.arguments import flag, member_name, moment, one_of, text, text_or_none
from points_gateway_client.events import EventPage
from points_gateway_client.exchange import Answer, Call, Retries, Steps, exchange
from points_gateway_client.fields import AdjustmentFields
from points_gateway_client.json_object import Document
from points_gateway_client.readings import Balance, Expiring, Profile
from points_gateway_client.request import (
    Filters,
    Points,
    adjustment_body,
    idempotency_key,
    list_query,
    page_size,
    query,
    reversal_body,
    segment,
)
from points_gateway_client.results import Adjustment, Capabilities, Limits, Page, Preview
from points_gateway_client.settling import Settling, adjustment_call, applied, read_adjustment
from points_gateway_client.transactions import Transactions
from points_gateway_client.wallet import Wallet, target

T = TypeVar("T")

Outcome = Literal["applied", "not_applied"]
_ADJUSTMENTS, _EVENTS = "/v1/adjustments", "/v1/events"


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations; `clock` is monotonic, in seconds. `PointsClient` documents what each one raises."""

    retries: Retries
    clock: Callable[[], float]

    @property
    def settling(self) -> Settling:
        """The wait for what is not settled."""
        return Settling(self.retries, self.clock)

    def adjust(
        self, member: str, points: Points, *, key: str, wait: float | None, **fields: Unpack[AdjustmentFields]
    ) -> Steps[Adjustment]:
        """Change a member's points; if the outcome is unknown, wait up to `wait` seconds for it."""
        return self.settling.written(adjust_call(member, points, key=key, **fields), wait)

    def reverse(
        self,
        adjustment_id: str,
        points: Points | None,
        *,
        key: str,
        linked: bool | None,
        description: str | None,
        wait: float | None,
    ) -> Steps[Adjustment]:
        """Take an adjustment back; waits as `adjust`."""
        call = Call(
            "POST",
            f"{_ADJUSTMENTS}/{{id}}/reversal",
            f"{_ADJUSTMENTS}/{segment(adjustment_id, 'adjustment_id')}/reversal",
            applied,
            body=reversal_body(points, linked, description),
            key=idempotency_key(key),
            expects=(201, 202),
            echoes={"idempotency_key": key, "reverses": adjustment_id},
        )
        return self.settling.written(call, wait)

    def preview(
        self, member: str, points: Points, *, resolve: bool, **fields: Unpack[AdjustmentFields]
    ) -> Steps[Preview]:
        """The vendor request for an adjustment, without sending it."""
        body = adjustment_body(member, points, **fields)
        route = f"{_ADJUSTMENTS}/preview"
        looked_up = query(resolve="true" if flag(resolve, "resolve") else None)
        return exchange(Call("POST", route, route + looked_up, _plain(Preview.read), body=body), self.retries)

    def adjustment(self, adjustment_id: str, *, history: bool) -> Steps[Adjustment]:
        """One adjustment, whatever its status."""
        include = "history" if flag(history, "history") else None
        return exchange(adjustment_call(adjustment_id, read_adjustment, include), self.retries)

    def page(self, filters: Filters) -> Steps[Page]:
        """One page of adjustments, newest first."""
        call = Call("GET", _ADJUSTMENTS, _ADJUSTMENTS + list_query(filters), _plain(Page.read))
        return exchange(call, self.retries)

    def events(self, after: str | None, limit: int | None) -> Steps[EventPage]:
        """One page of the feed of events, oldest first."""
        parameters = query(after=text_or_none(after, "after"), limit=page_size(limit))
        return exchange(Call("GET", _EVENTS, _EVENTS + parameters, _plain(EventPage.read)), self.retries)

    def resolve(self, adjustment_id: str, outcome: Outcome, reason: str, *, actor: str | None) -> Steps[Adjustment]:
        """Resolve an adjustment of unknown outcome, or propose it where that takes another person too."""
        actor_field = {} if text_or_none(actor, "actor") is None else {"actor": actor}
        body = {"outcome": one_of(outcome, get_args(Outcome), "outcome"), "reason": text(reason, "reason")}
        call = Call(
            "POST",
            f"{_ADJUSTMENTS}/{{id}}/resolution",
            f"{_ADJUSTMENTS}/{segment(adjustment_id, 'adjustment_id')}/resolution",
            _decided,
            body=exact.dumps(body | actor_field),
            expects=(200, 202),
            echoes={"id": adjustment_id},
            repeatable=False,  # a repetition would get `not_resolvable`, although the first call succeeded
        )
        return exchange(call, self.retries)

    def withdraw_proposal(self, adjustment_id: str) -> Steps[Adjustment]:
        """Withdraw what this client has proposed of an adjustment."""
        call = Call(
            "DELETE",
            f"{_ADJUSTMENTS}/{{id}}/proposal",
            f"{_ADJUSTMENTS}/{segment(adjustment_id, 'adjustment_id')}/proposal",
            _decided,
            echoes={"id": adjustment_id},
            repeatable=False,  # as with `resolve`; and a late repetition could withdraw a newer proposal
        )
        return exchange(call, self.retries)

    def balance(self, member: str, *, point_type: str | None, include_vendor_response: bool) -> Steps[Balance]:
        """A member's balance."""
        parameters = query(point_type=text_or_none(point_type, "point_type"), include=_include(include_vendor_response))
        return exchange(_of_member(member, "/balance", parameters, Balance.read), self.retries)

    def expiring(
        self,
        member: str,
        start: datetime | None,
        end: datetime | None,
        *,
        point_type: str | None,
        include_vendor_response: bool,
    ) -> Steps[Expiring]:
        """The points of a member that expire."""
        parameters = _period(start, end, point_type=point_type, include=_include(include_vendor_response))
        return exchange(_of_member(member, "/expiring", parameters, Expiring.read), self.retries)

    def transactions(
        self,
        member: str,
        start: datetime | None,
        end: datetime | None,
        *,
        point_type: str | None,
        limit: int | None,
        cursor: str | None,
        include_vendor_response: bool,
    ) -> Steps[Transactions]:
        """One page of a member's history at the vendor."""
        parameters = _period(
            start,
            end,
            point_type=point_type,
            limit=page_size(limit),
            cursor=text_or_none(cursor, "cursor"),
            include=_include(include_vendor_response),
        )
        return exchange(_of_member(member, "/transactions", parameters, Transactions.read), self.retries)

    def lookup(self, member: str, *, include_vendor_response: bool) -> Steps[Profile]:
        """A member as the vendor knows it."""
        parameters = query(include=_include(include_vendor_response))
        return exchange(_of_member(member, "", parameters, Profile.read), self.retries)

    def wallet(self, members: tuple[str, ...]) -> Steps[Wallet]:
        """All that a member has, who has all of these names."""
        for each in members:
            member_name(each, "each name of a wallet")
        call = Call("GET", "/v1/wallet", target(members), lambda answer: Wallet.read(answer.document, members))
        return exchange(call, self.retries)

    def capabilities(self) -> Steps[Capabilities]:
        """What the tenant's routes support."""
        route = "/v1/capabilities"
        return exchange(Call("GET", route, route, _plain(Capabilities.read)), self.retries)

    def limits(self) -> Steps[Limits]:
        """What the client may still adjust for the tenant."""
        route = "/v1/limits"
        return exchange(Call("GET", route, route, _plain(Limits.read)), self.retries)


def adjust_call(member: str, points: Points, *, key: str, **fields: Unpack[AdjustmentFields]) -> Call[Adjustment]:
    """The call of an adjustment. Raises `TypeError` or `ValueError` where it cannot be sent."""
    return Call(
        "POST",
        _ADJUSTMENTS,
        _ADJUSTMENTS,
        applied,
        body=adjustment_body(member, points, **fields),
        key=idempotency_key(key),
        expects=(201, 202),
        echoes={"idempotency_key": key, "member": member},
    )


def _decided(answer: Answer) -> Adjustment:
    """The adjustment as a person's decision leaves it: with a proposal (202), or settled or without one (200)."""
    adjustment = read_adjustment(answer)
    if (answer.status == 202) != (adjustment.proposal is not None):
        raise ValueError("the status is 202 where there is a proposal, and else 200")
    return adjustment


def _of_member(member: str, what: str, parameters: str, read: Callable[[Document], T]) -> Call[T]:
    """A read about a member."""
    path = f"/v1/members/{segment(member_name(member), 'member')}{what}{parameters}"
    return Call("GET", f"/v1/members/{{member}}{what}", path, _plain(read), echoes={"member": member})


def _period(start: datetime | None, end: datetime | None, *, point_type: str | None, **more: str | int | None) -> str:
    times = {"from": moment(start, "start"), "to": moment(end, "end")}
    return query(**times, point_type=text_or_none(point_type, "point_type"), **more)


def _plain(read: Callable[[Document], T]) -> Callable[[Answer], T]:
    return lambda answer: read(answer.document)


def _include(vendor_response: bool) -> str | None:
    return "vendor_response" if flag(vendor_response, "include_vendor_response") else None
