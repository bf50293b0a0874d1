"""A description of an invented vendor with every operation, and what tests do with it."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.declared.described import AnyDescribed
from gateway.documents.problem import Problem
from gateway.port import VendorRequest, VendorResponse
from gateway.port.registry import AdapterType, described

WHOLE = """\
name: token-shop
source: the invented document of token-shop
schemes: [card]
settings:
  key: secret
  shop: {type: text, description: The shop's name in paths.}
authentication:
  header: {name: X-Key, setting: key}
identified_by: [shop]
options:
  colour: text
  page: number
  urgent: flag
refusals:
  code: $.error.code
  message: $.error.text
  known:
    - {status: 404, means: member_not_found}
    - {status: 409, code: short, means: insufficient_points}
    - {status: 409, code: locked, means: busy}
    - {status: 200, code: nope, means: vendor_rejected}
    - {status: 409, code: known, means: already_booked}
adjust:
  post: /shops/{settings.shop}/cards/{member}/tokens
  body:
    tokens: "{points}"
    key: "{id}"
    kind: "{point_type?}"
    text: "{description?}"
    extra: {ref: "{reference?}", colour: "{options.colour?}", page: "{options.page?}", urgent: "{options.urgent?}"}
    at: "{now.milliseconds}"
    once: "{nonce}"
    held: "{pending}"
  success:
    status: [200, 201]
    require: {$.booking.state: done, $.booking.id: {type: text}}
    agree: {$.booking.tokens: "{points}", $.booking.text: "{description?}"}
    outcome: succeeded
  result:
    transaction: $.booking.id
    booked: $.booking.tokens
    balance: {available: $.left, lifetime: $.ever}
    details: {clerk: $.booking.clerk}
  idempotency: {enforces: refuse, seconds: 86400}
balance:
  get: /cards/{member}
  query: {kind: "{point_type?}", shop: "{settings.shop}"}
  success: {agree: {$.card: "{member}"}}
  result:
    available: $.left
    pending: $.waiting
    next_expiry: {points: $.fading.tokens, at: $.fading.at}
    updated_at: $.at
transactions:
  get: /cards/{member}/tokens
  query: {most: "{limit}", after: "{cursor?}", from: "{start?}", to: "{end.seconds?}"}
  rows: $.bookings[*]
  row:
    id: $.id
    at: $.at
    points: {path: $.tokens, sign: {path: $.way, plus: [in], minus: [out]}}
    kind: {path: $.sort, earn: [bought], spend: [used, burnt]}
    point_type: $.kind
    adjustment: $.key
    agree: {$.card: "{member}"}
    details: {clerk: $.clerk}
  next: {last: $.id, more: $.more}
  complete: true
expiring:
  post: /cards/{member}/fading
  form: {from: "{period.start}", to: "{period.end}"}
  precision: exact
  points: $.fading
lookup:
  get: /cards
  query: {"{scheme}": "{member}"}
  schemes: {email: mail, phone: phone}
  rows: $.cards[*]
  member: {scheme: card, path: $.number}
  ids: {email: $.mail, phone: $.phone}
  tier: $.tier
find:
  get: /cards/{member}/tokens
  query: {after: "{cursor?}"}
  rows: $.bookings[*]
  ours: {$.key: "{id}"}
  points: {path: $.tokens, sign: {path: $.way, plus: [in], minus: [out]}}
  transaction: $.id
  state: {path: $.state, succeeded: [done], accepted: [open], rejected: [void]}
  next: {last: $.id, more: $.more}
reverse:
  post: /tokens/{transaction}/void
  body: {key: "{id}", text: "{description?}"}
  success: {require: {$.booking.state: done}, outcome: succeeded}
  result: {transaction: $.booking.id}
probe:
  get: /health
"""
SETTINGS = {"adapter": "declared", "base_url": "https://shop.example/v1", "key": "key-of-the-shop-7", "shop": "north"}


def made(text: str = WHOLE, *replacements: tuple[str, str]) -> AdapterType:
    """The adapter of a description; of each replacement, `old` must be in it. Raises `AssertionError` for a fault."""
    problems: list[Problem] = []
    kind = described("shop.yaml", replaced(text, *replacements).encode(), problems)
    assert problems == []
    assert kind is not None
    return kind


def problems_of(text: str = WHOLE, *replacements: tuple[str, str]) -> list[str]:
    """What is wrong with a description, each as `line:column: where: detail`."""
    problems: list[Problem] = []
    assert described("shop.yaml", replaced(text, *replacements).encode(), problems) is None
    return [str(problem).removeprefix("shop.yaml:") for problem in sorted(problems)]


def replaced(text: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return text


def adapter(kind: AdapterType | None = None, **settings: Any) -> AnyDescribed:
    """The adapter of the whole description, or of another, with changes to the settings."""
    kind = made() if kind is None else kind
    found = kind.adapter(kind.settings.model_validate({**SETTINGS, **settings}))
    assert isinstance(found, kind.adapter)
    return found  # type: ignore[return-value]  # a described one


def bare(text: str) -> AnyDescribed:
    """The adapter of a description without settings."""
    kind = made(text)
    return kind.adapter(kind.settings.model_validate({"adapter": "declared", "base_url": "https://shop.example"}))  # type: ignore[return-value]  # a described one


def asked(adapter: AnyDescribed, operation: str, **given: Any) -> VendorRequest:
    """The request of an operation."""
    return next(getattr(adapter, operation)(**given))


def told(adapter: AnyDescribed, operation: str, answer: VendorResponse, **given: Any) -> Any:
    """What an operation comes to with an answer. Raises what the adapter raises."""
    exchange = getattr(adapter, operation)(**given)
    next(exchange)
    with pytest.raises(StopIteration) as stop:
        exchange.send(answer)
    return stop.value.value


def answer(body: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> VendorResponse:
    """An answer in JSON."""
    raw = body if isinstance(body, bytes) else body.encode()
    return VendorResponse(status, headers or {}, raw)
