"""What an adapter declares is checked as it is read: all that is wrong, before any vendor is called."""

import functools
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from gateway import port
from gateway.errors import VendorRejected, VendorUnavailable
from gateway.model import Applied, Balance, Expiring, Found, Member, Period, Transactions
from gateway.port import Adapter, Exchange, Issued, VendorRequest, VendorSettings
from gateway.port.declaration import Declaration, Misdeclared, faults

if TYPE_CHECKING:
    from nowhere import Unknown  # type: ignore[import-not-found]  # that is the point

SETTINGS = VendorSettings(adapter="any", base_url="http://127.0.0.1:1")
POST = VendorRequest("POST", "/")


class Options(port.Options):
    """What only this vendor knows."""

    pen: str = "blue"


class Right(Adapter[VendorSettings]):
    """Says everything as it should."""

    schemes = ("email", "custom.*", "custom.user_id")
    refusals = {404: VendorRejected}  # noqa: RUF012 (a ClassVar by its declaration in Adapter)

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        pending: bool,
        options: Options,
        reason: str | None = None,
    ) -> Exchange[Applied]:
        """Adjust."""
        yield POST
        return Applied()

    def find(self, *, id: str, member: Member, points: Decimal, point_type: str | None) -> Exchange[Found]:  # noqa: A002
        """Find."""
        yield POST
        return Found(())


def told(**instead: Any) -> str:
    """What is wrong with a class that is right but for these attributes."""
    with pytest.raises(Misdeclared) as refused:
        Declaration.of(type("Wrong", (Right,), instead))
    return str(refused.value)


def test_what_is_right() -> None:
    """Models and parameters are read from the class; what is always handed over needs no default."""
    declaration = Declaration.of(Right)
    assert (declaration.settings, declaration.options) == (VendorSettings, Options)
    assert declaration.operations == {"adjust": {"member", "points", "id", "pending", "options", "reason"}}
    assert declaration.found_by == {"id", "member", "points", "point_type"}
    assert list(faults(Right(SETTINGS), SETTINGS, finds=True, by_id=True)) == []


def test_a_wrapped_generator_is_one() -> None:
    """A decorator that keeps the signature hides no generator."""

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(*args: Any, **said: Any) -> Any:
            return method(*args, **said)

        return wrapper

    said = Declaration.of(type("Wrapped", (Right,), {"adjust": counted(Right.adjust)}))
    assert "reason" in said.operations["adjust"]
    assert said.options is Options


async def waits(self: Any, *, member: Member, points: Decimal) -> Applied:
    return Applied()


async def streams(self: Any, *, member: Member, points: Decimal) -> AsyncIterator[VendorRequest]:
    yield POST


def returns(self: Any, *, member: Member, points: Decimal) -> Any:
    return Applied()


def memberless(self: Any, *, points: Decimal) -> Exchange[Applied]:
    yield POST
    return Applied()


def pointless(self: Any, *, member: Member) -> Exchange[Applied]:
    yield POST
    return Applied()


def misspelt(self: Any, *, member: Member, points: Decimal, reasn: str = "") -> Exchange[Applied]:
    yield POST
    return Applied()


def anything(self: Any, *, member: Member, points: Decimal, **more: Any) -> Exchange[Applied]:
    yield POST
    return Applied()


def placed(self: Any, member: Member, /, *, points: Decimal) -> Exchange[Applied]:
    yield POST
    return Applied()


def needing(self: Any, *, member: Member, points: Decimal, store: str) -> Exchange[Applied]:
    yield POST
    return Applied()


def bare_options(self: Any, *, member: Member, points: Decimal, options) -> Exchange[Applied]:  # type: ignore[no-untyped-def]
    yield POST
    return Applied()


def dict_options(self: Any, *, member: Member, points: Decimal, options: dict[str, str]) -> Exchange[Applied]:
    yield POST
    return Applied()


def unknown_options(self: Any, *, member: Member, points: Decimal, options: "Unknown") -> Exchange[Applied]:
    yield POST
    return Applied()


def maybe_options(self: Any, *, member: Member, points: Decimal, options: Options | None) -> Exchange[Applied]:
    yield POST
    return Applied()


@pytest.mark.parametrize(
    ("adjust", "fault"),
    [
        (waits, "is async: an adapter does no I/O, so write def, and yield its requests"),
        (streams, "is async: an adapter does no I/O"),
        (returns, "is no generator: it has to yield its requests"),
        (5, "is no generator"),
        (memberless, "lacks 'member', without which it says nothing"),
        (pointless, "lacks 'points', without which it says nothing"),
        (misspelt, "takes 'reasn'; expected only description, id, member, nonce, now, options,"),
        (anything, "takes 'more'; expected only"),
        (placed, "takes 'member' by its place only; it is handed over by its name"),
        (needing, "has no default for 'store', which not every call has"),
        (bare_options, "takes options that are not annotated as a subclass of gateway.port.Options"),
        (dict_options, "takes options that are not annotated"),
        (unknown_options, "takes options that are not annotated"),
        (maybe_options, "takes options that are not annotated"),
    ],
)
def test_a_method_that_cannot_be(adjust: object, fault: str) -> None:
    """It is named with what is wrong with it."""
    assert told(adjust=adjust).startswith(f"Wrong.adjust {fault}")


def test_reads_and_searches_are_held_to_the_same() -> None:
    """What a read or a search lacks is found as well."""

    def balance(self: Any) -> Exchange[Balance]:
        yield POST
        return Balance()

    def expiring(self: Any, *, period: Period) -> Exchange[Expiring]:
        yield POST
        return Expiring(Decimal(0))

    async def find(self: Any, *, id: str) -> None: ...  # noqa: A002 (the port's name)

    whole = told(balance=balance, expiring=expiring, find=find)
    assert whole.split("; ") == [
        "Wrong.balance lacks 'member', without which it says nothing",
        "Wrong.expiring lacks 'member', without which it says nothing",
        "Wrong.find is async: an adapter does no I/O, so write def, and yield its requests",
    ]


def test_period_is_what_expiring_needs() -> None:
    """A read of what expires that takes its period is right."""

    def expiring(self: Any, *, member: Member, period: Period, point_type: str | None = None) -> Exchange[Expiring]:
        yield POST
        return Expiring(Decimal(0))

    assert "expiring" in Declaration.of(type("Fine", (Right,), {"expiring": expiring})).operations


@pytest.mark.parametrize(
    ("schemes", "fault"),
    [
        ("email", "schemes: expected a tuple of member schemes, as in ('email',), and it is 'email'"),
        (None, "schemes: expected a tuple of member schemes"),
        ({"email": 1}, "schemes: expected a tuple of member schemes"),
        (("E-mail",), "schemes: 'E-mail' is no member scheme, such as email, custom.user_id or custom.*"),
        (("email", 5), "schemes: 5 is no member scheme"),
        (("",), "schemes: '' is no member scheme"),
        (("custom.",), "schemes: 'custom.' is no member scheme"),
        (("email:",), "schemes: 'email:' is no member scheme"),
    ],
)
def test_schemes_that_cannot_be(schemes: object, fault: str) -> None:
    """A text is no list of schemes, and not every text is a scheme."""
    assert told(schemes=schemes).startswith(fault)
    made = Right(SETTINGS)
    made.schemes = schemes  # type: ignore[assignment]  # as __init__ may
    assert next(faults(made, SETTINGS, finds=True, by_id=True)).startswith(fault)


@pytest.mark.parametrize(
    ("refusals", "fault"),
    [
        ({404: VendorUnavailable}, "refusals: 'VendorUnavailable' proves nothing"),
        ({404: ValueError}, "refusals: 'ValueError' proves nothing"),
        ({200: VendorRejected}, "refusals: 200 cannot refuse"),
        ({"404": VendorRejected}, "refusals: '404' cannot refuse"),
        ([404], "refusals: expected a mapping"),
    ],
)
def test_refusals_that_cannot_be(refusals: object, fault: str) -> None:
    """Classes that prove nothing, and statuses that refuse nothing, are found when the class is read."""
    assert told(refusals=refusals).startswith(fault)


@pytest.mark.parametrize("version", ["0.9", "1.1", "2.0"])
def test_another_version_of_the_port_is_refused(version: str) -> None:
    """One with another first number, or a later one: the gateway cannot know what it relies on."""
    assert told(port=version) == f"Wrong is written for version {version} of the port, and this gateway has {port.PORT}"


@pytest.mark.parametrize("version", ["", "1", 1, "1.0.0", "one"])
def test_a_version_of_the_port_has_two_numbers(version: object) -> None:
    """Anything else is none."""
    assert "expected a version of the port, such as" in told(port=version)


def test_everything_is_told_at_once() -> None:
    """One reading finds all that is wrong."""
    whole = told(adjust=memberless, schemes="email", refusals={200: VendorRejected})
    assert [part.split(" ")[0] for part in whole.split("; ")][:3] == ["Wrong.adjust", "schemes:", "refusals:"]


def test_an_adapter_that_can_do_nothing() -> None:
    """One without an operation is no adapter."""

    class Idle(Adapter[VendorSettings]):
        schemes = ("email",)

    with pytest.raises(Misdeclared, match="Idle has none of adjust, balance, expiring"):
        Declaration.of(Idle)


def test_what_only_shows_once_it_is_made() -> None:
    """An adapter that forgets its base, serves nobody, or claims what it has not, is found with its settings."""

    class Forgets(Right):
        def __init__(self, settings: VendorSettings) -> None:
            self.finds = True
            self.schemes = ()
            self.lookup_schemes = ("E-Mail",)
            self.repeat_safety = "perhaps"  # type: ignore[assignment]  # that is what is wrong

    assert list(faults(Forgets(SETTINGS), SETTINGS, finds=False, by_id=True)) == [
        "Forgets.__init__ does not call super().__init__(settings)",
        "Forgets names no member schemes, so that it could be asked for nobody",
        "lookup_schemes: 'E-Mail' is no member scheme, such as email, custom.user_id or custom.*",
        "Forgets names lookup_schemes, and has no lookup",
        "Forgets says that it finds, and has no find",
        "repeat_safety: expected one of none, searchable, enforced, and it is 'perhaps'",
    ]


def test_half_of_an_enforcement() -> None:
    """What a repeat rests on is there altogether, or not at all."""

    class Half(Right):
        repeat_safety = "enforced"
        enforces = "refuse"

    assert list(faults(Half(SETTINGS), SETTINGS, finds=True, by_id=False)) == [
        "repeat_safety 'enforced', enforces and enforced_for go together",
        "idempotency is enforced by the adjustment's own id, and adjust does not take it",
        "enforces 'refuse' needs a code in refusals that means AlreadyBooked, and only that",
    ]


def test_a_description_of_a_reversal_needs_a_default() -> None:
    def reverse(self: Any, *, original: str, description: str | None) -> Exchange[Applied]:
        yield POST
        return Applied()

    assert told(reverse=reverse) == "Wrong.reverse has no default for 'description', which not every call has"


def test_what_not_every_page_has_needs_a_default() -> None:
    """A page of a history may come without period and cursor, and always with its limit."""

    def transactions(
        self: Any, *, member: Member, cursor: str | None, start: datetime | None, end: datetime | None = None
    ) -> Exchange[Transactions]:
        yield POST
        return Transactions(())

    assert told(transactions=transactions).split("; ") == [
        "Wrong.transactions lacks 'limit', without which it says nothing",
        "Wrong.transactions has no default for 'cursor', which not every call has",
        "Wrong.transactions has no default for 'start', which not every call has",
    ]


def fetching(self: Any, *, now: datetime) -> Exchange[Issued]:
    yield VendorRequest("POST", "/token", effect=False)
    return Issued("a-token-that-is-new")


def carrying(self: Any, *, member: Member, token: str, now: datetime, nonce: str) -> Exchange[Balance]:
    yield POST
    return Balance()


class Fetching(Right):
    """Has a token that expires."""

    token = fetching
    balance = carrying


def test_what_is_new_in_each_exchange_is_no_field_of_a_call() -> None:
    """It is told apart from what callers send, and needs no default."""
    declaration = Declaration.of(Fetching)
    assert declaration.operations["balance"] == {"member"}
    assert declaration.needs["balance"] == ()
    assert declaration.fresh == {
        "adjust": set(),
        "find": set(),
        "token": {"now"},
        "balance": {"token", "now", "nonce"},
    }
    assert list(faults(Fetching(SETTINGS), SETTINGS, finds=True, by_id=True)) == []


@pytest.mark.parametrize(
    ("instead", "fault"),
    [
        ({"balance": carrying}, "Wrong.balance takes a token, and Wrong has no method token"),
        ({"token": fetching}, "Wrong.token fetches a token that no method takes"),
        ({"token": carrying, "balance": carrying}, "Wrong.token takes 'member'; expected only nonce, now"),
        ({"token": "a-text", "balance": carrying}, "Wrong.token is no generator"),
    ],
)
def test_a_token_that_is_half_declared(instead: dict[str, Any], fault: str) -> None:
    """A token is fetched by one method and taken by another, or there is none."""
    assert fault in told(**instead)


def elsewhere(self: Any) -> Exchange[Issued]:
    yield VendorRequest("POST", "", base_url="https://nowhere.example", effect=False)
    return Issued("a-token-that-is-new")


def failing(self: Any) -> Exchange[Issued]:
    raise KeyError("a-secret")
    yield POST


@pytest.mark.parametrize(
    ("instead", "fault"),
    [
        ({"token": elsewhere}, "token asks at an address that the settings do not name"),
        ({"token": failing}, "token fails before it asks the vendor: KeyError"),
        ({"fetches": False}, "balance needs a token, and fetches is False"),
    ],
)
def test_a_token_that_cannot_be_fetched_with_these_settings(instead: dict[str, Any], fault: str) -> None:
    """What can be found without a call is found before the adapter is used; no secret is in what is said of it."""
    wrong = type("Wrong", (Fetching,), instead)
    assert list(faults(wrong(SETTINGS), SETTINGS, finds=True, by_id=True)) == [fault]
