"""A description of a vendor as its YAML file has it: models that check each value by itself.

What has to fit together is checked in `checking`. Paths into answers begin with `$`; `template` says what holes are.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.declared.jsonpath import ListQuery, Query
from gateway.declared.parts import (
    AppliedResult,
    Authentications,
    BalanceResult,
    Bucket,
    LookupMember,
    Next,
    OptionEntry,
    Part,
    Points,
    Refusals,
    Row,
    Scheme,
    Schemes,
    SettingEntry,
    States,
    Success,
    Text,
)
from gateway.declared.template import Hole, Template
from gateway.model import Precision
from gateway.port.authentication import HeaderName, SettingName

NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Requesting(Part):
    """One request: a method with its path, and what goes with it."""

    get: Template | None = Field(None, description="The path of a GET; a hole is one whole segment.")
    post: Template | None = Field(None, description="The path of a POST.")
    put: Template | None = Field(None, description="The path of a PUT.")
    patch: Template | None = Field(None, description="The path of a PATCH.")
    delete: Template | None = Field(None, description="The path of a DELETE.")
    query: dict[Text, Template] = Field({}, description="The parameters after the question mark.")
    headers: dict[HeaderName, Template] = Field({}, description="Further headers.")
    body: Any = Field(None, description="The JSON body.")
    form: dict[Text, Template] | None = Field(None, description="The body as a form.")
    authentication: Authentications | None = Field(None, description="In place of that of the whole description.")
    success: Success | None = Field(None, description="What proves a success.")


class Before(Requesting):
    """A request that changes nothing and comes before another one, which takes `{before.NAME}` of its answer."""

    values: dict[SettingName, Query] = Field(
        min_length=1, description="Where the value of each `{before.NAME}` stands; it has to be there."
    )


class Following(Requesting):
    """A request that another one may come before."""

    before: Before | None = Field(None, description="What is looked up first, such as the revision of a card.")


class Writing(Following):
    """A request that changes points, and its result."""

    result: AppliedResult | None = None


class Idempotency(Part):
    """That the vendor takes two equal requests under the adjustment's id for one."""

    enforces: Literal["replay", "refuse"] = Field(
        description="It repeats its first answer, or refuses by what `refusals` call already_booked."
    )
    seconds: int = Field(ge=1, le=10**9, description="For how long it remembers an id.")


class Adjust(Writing):
    """How points are credited and debited: in one form with `{points}`, or in two with `{amount}`."""

    credit: Writing | None = Field(None, description="The request of a credit; what it lacks is taken from beside it.")
    debit: Writing | None = Field(None, description="The request of a debit; what it lacks is taken from beside it.")
    idempotency: Idempotency | None = None


class BalanceRead(Following):
    """How a balance is read."""

    rows: ListQuery | None = Field(None, description="The balances in the answer, of which one is the member's.")
    agree: dict[Query, Template] = Field({}, description="With `rows`: what makes a row the one that is asked for.")
    result: BalanceResult

    @property
    def compared(self) -> set[Hole]:
        """The holes of what a row is compared with."""
        return {hole for template in self.agree.values() for hole in template.holes}


class TransactionsRead(Following):
    """How one page of a member's history is read."""

    rows: ListQuery
    row: Row
    next: Next | None = None
    complete: bool = Field(False, description="All pages are everything; counts once `confirmed.search` says so.")


class ExpiringRead(Following):
    """How expiring points are read: for a period, as a schedule, or the next ones alone."""

    precision: Precision = Field(description="`exact` for a period, the vendor's `buckets`, or `next_only`.")
    points: Query | None = Field(None, description="With `exact`: the points of the period.")
    rows: ListQuery | None = Field(None, description="With `buckets`: the rows of the schedule.")
    bucket: Bucket | None = Field(None, description="With the other two: where points and time stand.")
    total: Query | None = Field(
        None, description="Where the number of all rows stands; the answer has to have them all."
    )


class LookupRead(Requesting):
    """How a member is looked up."""

    schemes: Schemes = Field(description="The member schemes of a look-up; `{scheme}` is the vendor's word for each.")
    rows: ListQuery | None = Field(None, description="The members in the answer; without it the answer is the member.")
    member: LookupMember
    ids: dict[Scheme, Query] = Field(min_length=1, description="Where each of the member's names stands.")
    status: Query | None = None
    tier: Query | None = None
    enrolled_at: Query | None = None
    details: dict[SettingName, Query] = Field({}, description="Further values, by a name.")


class Find(Requesting):
    """How a booking is searched for by the adjustment's own id."""

    rows: ListQuery | None = Field(
        None, description="The bookings in the answer; without it the answer is the booking."
    )
    ours: dict[Query, Template] = Field(min_length=1, description="What makes a row the adjustment's.")
    lacking: Literal["unclear", "other"] = Field(
        "unclear", description="What a row is in which that is not there: a reason to stop, or another booking."
    )
    points: Points = Field(description="Where its points stand; they have to be what was sent.")
    agree: dict[Query, Template] = Field({}, description="What else has to be as it was sent.")
    transaction: Query | None = Field(None, description="Where the vendor's id of the booking stands.")
    state: States | None = Field(None, description="How the booking stands, where the vendor decides later.")
    next: Next | None = None


class FindReversal(Requesting):
    """How the vendor is asked, by one request, whether it has cancelled a booking."""

    rows: ListQuery | None = Field(None, description="The bookings in the answer; without it the answer is one.")
    ours: dict[Query, Template] = Field(
        min_length=1, description="What makes a row the cancel or, with `cancelled`, the booking that is taken back."
    )
    lacking: Literal["unclear", "other"] = Field(
        "unclear", description="What a row is in which that is not there: a reason to stop, or another booking."
    )
    cancelled: Query | None = Field(
        None, description="Where the booking that is taken back names its cancel; null, empty or false: none."
    )
    points: Points | None = Field(None, description="Without `cancelled`: where the points of the cancel stand.")
    agree: dict[Query, Template] = Field({}, description="What else has to be as it was sent.")
    transaction: Query | None = Field(None, description="Without `cancelled`: where the vendor's id of it stands.")


class Probe(Requesting):
    """A request that changes nothing and needs no member."""


class Description(Part):
    """Everything that the gateway knows of a vendor without code."""

    name: str = Field(pattern=NAME, max_length=64, description="The adapter's name, as in answers and `options`.")
    source: Text = Field(description="The document that the vendor is described from.")
    schemes: Schemes = Field(description="The member schemes; `{scheme}` is the vendor's word for each.")
    fractions: bool = Field(True, description="Whether the vendor takes fractions of points.")
    aggregates: bool = Field(False, description="Whether a balance without a point type is of all types together.")
    times: Literal["rfc3339", "utc", "seconds", "milliseconds"] = Field(
        "rfc3339", description="How times stand in answers; `utc` is RFC 3339 that may lack its offset."
    )
    settings: dict[SettingName, SettingEntry] = Field({}, description="Those of an account.")
    identified_by: Annotated[tuple[SettingName, ...], Field(strict=False)] = Field(
        (), description="The settings that have the vendor's own identifier of the account."
    )
    options: dict[SettingName, OptionEntry] = Field({}, description="Those of a call.")
    headers: dict[HeaderName, Template] = Field({}, description="Headers of every request.")
    authentication: Authentications = ()
    refusals: Refusals = Refusals()
    adjust: Adjust | None = None
    balance: BalanceRead | None = None
    expiring: ExpiringRead | None = None
    transactions: TransactionsRead | None = None
    lookup: LookupRead | None = None
    find: Find | None = None
    reverse: Writing | None = None
    find_reversal: FindReversal | None = None
    probe: Probe | None = None
