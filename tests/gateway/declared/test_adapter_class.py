"""A described adapter is one like any other: its holes are its signature, and what it cannot prove is confirmed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from gateway import own_id
from gateway.delivery.digest import digest
from gateway.delivery.redaction import Redactor
from gateway.errors import AlreadyBooked, FieldNotSupported, OperationNotSupported
from gateway.model import Adjustment, Member
from gateway.planning.translation import Translator
from gateway.port import VendorRequest
from gateway.port.declaration import Declaration, faults
from gateway.reads import BalanceRead, ExpiringRead
from tests.gateway.declared.described import SETTINGS, WHOLE, adapter, answer, asked, made, told

CARD = Member("card", "7")
SOURCE = {"idempotency": "the vendor's page on keys"}
WINDOW = 86_400
PLAIN = """\
name: plain
source: invented
schemes: [card]
settings: {key: secret}
authentication: {bearer: {setting: key}}
adjust:
  post: /cards/{member}
  body: {tokens: "{points}"}
  success: {require: {$.ok: true}, outcome: succeeded}
"""


def translator(**settings: Any) -> Translator:
    kind = made()
    return Translator("shop", kind, kind.settings.model_validate({**SETTINGS, **settings}))


def plain() -> Translator:
    kind = made(PLAIN)
    given = {name: value for name, value in SETTINGS.items() if name != "shop"}
    return Translator("plain", kind, kind.settings.model_validate({**given, "ignore": ["reference"]}))


def test_the_holes_are_the_signature() -> None:
    """Whatever reads what adapters declare reads it of described ones."""
    declared = Declaration.of(made().adapter)
    texts = {"point_type", "description", "reference"}
    assert declared.operations["adjust"] == {"member", "points", "id", "pending", "options", *texts}
    assert declared.operations["balance"] == {"member", "point_type"}
    assert declared.operations["transactions"] == {"member", "limit", "cursor", "start", "end"}
    assert declared.operations["expiring"] == {"member", "period"}
    assert (declared.needs["expiring"], declared.found_by) == (("period",), {"id", "member", "points", "cursor"})
    assert (declared.reversed_by, declared.probes) == ({"id", "transaction", "description"}, True)
    assert set(declared.options.model_fields) == {"colour", "page", "urgent"}
    whole = adapter()
    assert list(faults(whole, whole.settings, finds=True, by_id=True)) == []
    assert (whole.schemes, whole.lookup_schemes, whole.balance_in_answer) == (("card",), ("email", "phone"), True)


def test_what_has_no_hole_is_refused_or_left_out_by_consent() -> None:
    """No description has code for it: the planning refuses by name, and `ignore` leaves out."""
    with pytest.raises(FieldNotSupported, match="description"):
        plain().adjust(Adjustment(CARD, Decimal(5), description="x"), id="adj_1")
    translation = plain().adjust(Adjustment(CARD, Decimal(5), reference="r"), id="adj_1")
    assert (translation.request.body, translation.not_sent) == (b'{"tokens":5}', ("reference",))
    with pytest.raises(OperationNotSupported):
        plain().read(BalanceRead(CARD))
    with pytest.raises(FieldNotSupported, match="from"):
        translator().read(ExpiringRead(CARD))


def test_point_types_and_options_are_the_accounts_and_the_callers() -> None:
    """Mapped by the configuration, with its default; options as the description types them."""
    shop = translator(point_types={"base": "gold", "bonus": "tin"}, default_point_type="base")
    options = {"token-shop": {"colour": "red", "page": 3, "urgent": False}}
    body = shop.adjust(Adjustment(CARD, Decimal(5), options=options), id="adj_1").request.body
    assert b'"kind":"gold"' in body
    assert b'"extra":{"colour":"red","page":3,"urgent":false}' in body
    assert b'"kind":"tin"' in shop.adjust(Adjustment(CARD, Decimal(5), point_type="bonus"), id="adj_1").request.body
    with pytest.raises(FieldNotSupported, match="no mapping"):
        shop.adjust(Adjustment(CARD, Decimal(5), point_type="other"), id="adj_1")
    with pytest.raises(ValidationError):
        shop.adjust(Adjustment(CARD, Decimal(5), options={"token-shop": {"size": 1}}), id="adj_1")


def test_idempotency_counts_once_it_is_confirmed() -> None:
    """Without the operator's word there is no repeat, and the vendor's "booked already" proves nothing."""
    unsure, sure = adapter(), adapter(confirmed=SOURCE)
    assert (unsure.repeat_safety, unsure.enforces) == ("searchable", None)
    assert (sure.repeat_safety, sure.enforces, sure.enforced_for) == ("enforced", "refuse", WINDOW)
    assert translator().window == 0
    assert translator(confirmed=SOURCE).window > 0
    assert list(faults(sure, sure.settings, finds=True, by_id=True)) == []
    given = {"id": "adj_1", "member": CARD, "points": Decimal(5)}
    with pytest.raises(AlreadyBooked):
        told(sure, "adjust", answer('{"error": {"code": "known", "text": "Booked."}}', 409), **given)


@pytest.mark.parametrize("confirmed", [None, {}, {"search": "s"}, {"absence": "s"}, {"search": "s", "absence": ""}])
def test_absence_proves_nothing_until_it_is_confirmed_with_its_source(confirmed: Any) -> None:
    """`trust_absence` alone is not enough for a vendor that no code knows."""
    with pytest.raises(ValidationError):
        adapter(trust_absence=True, confirmed=confirmed)
    assert adapter(trust_absence=True, confirmed={"search": "s", "absence": "s"}).settings.trust_absence


def test_time_and_nonce_of_a_write_are_those_of_its_id() -> None:
    """The same in every attempt and repeat, and others in every other adjustment."""
    first, second = own_id.new_id(), own_id.new_id()
    given = {"member": CARD, "points": Decimal(5)}
    shop = adapter()
    assert asked(shop, "adjust", id=first, **given) == asked(shop, "adjust", id=first, **given)
    assert own_id.frozen_nonce(first) != own_id.frozen_nonce(second)
    assert abs(own_id.moment(first) - datetime.now(UTC)) < timedelta(hours=1)
    assert own_id.frozen_nonce(first).encode() in asked(shop, "adjust", id=first, **given).body
    assert own_id.moment("adj_preview") == own_id.moment("adj_preview") != own_id.moment("adj_1")


SIGNED = "authentication:\n  header: {name: X-Key, setting: key}\n"
SIGNATURE = """\
authentication:
  signature:
    header: X-Signature
    setting: key
    parts: [method, path, body, timestamp]
    timestamp: {header: X-Time}
"""


def test_only_a_signature_is_made_anew() -> None:
    """Its headers are nonces: a repeat with another time is the same request."""
    shop = adapter(made(WHOLE, (SIGNED, SIGNATURE)))
    given = {"id": "adj_1", "member": CARD, "points": Decimal(5)}
    times = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    first, second = (asked(shop, "adjust", now=now, **given) for now in times)
    assert first.headers["X-Signature"] != second.headers["X-Signature"]
    assert set(first.nonces) == {"X-Signature", "X-Time"}
    assert (first.path, first.body) == (second.path, second.body)
    assert known(first) == known(second)


def known(request: VendorRequest, made_of: str = "") -> str:
    return digest(request, base_url="https://shop.example", redactor=Redactor(()), made_of=made_of)


def test_another_description_makes_another_request() -> None:
    """Although the bytes are the same: what a success is may be another thing now."""
    request = asked(adapter(), "adjust", id="adj_1", member=CARD, points=Decimal(5))
    one, other = made().settings.made_of, made(WHOLE + "# more\n").settings.made_of
    assert one != other
    assert len({known(request), known(request, one), known(request, other)}) == 3


def test_issued_tokens_are_the_gateways_doing() -> None:
    """The credentials are a setting, the token is an argument, and it is fetched by OAuth's own request."""
    kind = made(WHOLE, (SIGNED, "authentication: {client_credentials: {}}\n"), ("  key: secret\n", ""))
    credentials = {"token_url": "https://login.example", "client_id": "us", "client_secret": "secret-of-ours-7"}
    settings = {name: value for name, value in SETTINGS.items() if name != "key"}
    shop = kind.adapter(kind.settings.model_validate({**settings, "client_credentials": credentials}))
    request = next(shop.balance(member=CARD, token="t-1"))  # type: ignore[attr-defined]  # a described one
    assert request.headers["Authorization"] == "Bearer t-1"
    assert next(shop.token()).base_url == "https://login.example"  # type: ignore[attr-defined]  # as above
    assert kind.fresh["balance"] == {"token"}


def test_a_setting_in_a_path_or_a_header_fits_there() -> None:
    """What would lead elsewhere is refused when the configuration is loaded."""
    for wrong in ("", ".", ".."):
        with pytest.raises(ValidationError):
            adapter(shop=wrong)
    assert asked(adapter(shop="a/b"), "adjust", id="x", member=CARD, points=Decimal(1)).path.startswith("/shops/a%2Fb/")


def test_a_masked_adapter_shows_no_secret() -> None:
    """In no request of any operation."""
    masked = adapter().settings.masked()
    shown = asked(type(adapter())(masked), "adjust", id="adj_1", member=CARD, points=Decimal(5))
    assert SETTINGS["key"] not in f"{shown.path}{shown.headers}{shown.body!r}"
    assert shown.headers["X-Key"] == "***"
