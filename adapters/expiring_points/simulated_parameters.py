"""The parameters of a request to the simulated vendor, read from JSON or XML and checked by its tables."""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError  # only the error; defusedxml reads  # nosec B405

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.simulation import Request, jsontext

# Each parameter that a call may have, and its types in JSON.
TYPES: dict[str, tuple[type, ...]] = {
    "token": (str,),
    "loyalty_program_id": (int,),
    "points_currency_eid": (str,),
    "points_currency_iid": (int,),
    "date_from": (str,),
    "date_to": (str,),
    "matching": (str,),
    "field_name": (str,),
    "field_value": (str, int),
    "email": (str,),
    "phone": (str,),
    "profile_id": (str,),
    "amount": (str,),
    "promotion_id": (str,),
    "is_temp": (bool,),
    "temp_timeout_sec": (int,),
    "created_at": (str,),
    "activation_date": (str,),
    "expiration_date": (str,),
    "transaction_id": (str,),
    "transaction_eid": (str,),
    "external_data": (dict,),
    "from_id": (str,),
    "limit": (int,),
    "tiers_group_id": (int,),
}
CURRENCIES = {1: "bonus_points", 2: "status_points"}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")
_AMOUNT = re.compile(r"[0-9]{1,40}(\.[0-9]{1,20})?\Z")


class Refusal(Exception):
    """Raised to answer a request with an error instead of data."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def read(request: Request, names: Iterable[str], *, xml: bool) -> dict[str, Any]:
    """The parameters of a request for a call that has these. Raises `Refusal`."""
    parameters: dict[str, Any]
    if xml:
        parameters = _from_xml(request.body)
    elif request.media_type == "application/json":
        parameters = _from_json(request.body)
    else:
        raise wrong("expected JSON or XML")
    for name, value in parameters.items():
        # Stricter than the document, so that a misspelled parameter is noticed.
        if name not in names:
            raise wrong(f"unknown parameter {name}")
        # In Python a bool is an int as well.
        if not isinstance(value, TYPES[name]) or (isinstance(value, bool) and TYPES[name] != (bool,)):
            raise wrong(f"wrong type of {name}")
    return parameters


def wrong(text: str) -> Refusal:
    """The documented refusal of a request that is not as the document has it."""
    return Refusal(400, f"Incorrect request: {text}")


def required(parameters: dict[str, Any], name: str) -> Any:
    """A parameter that has to be there and not to be empty. Raises `Refusal`."""
    if parameters.get(name, "") == "":
        raise wrong(f"{name} is required")
    return parameters[name]


def currency(parameters: dict[str, Any], default: str | None = None) -> str:
    """The external id of the points currency; without one the default. Raises `Refusal`."""
    named = set()
    if "points_currency_eid" in parameters:
        named.add(parameters["points_currency_eid"])
    if "points_currency_iid" in parameters:
        named.add(CURRENCIES.get(parameters["points_currency_iid"]))
    if not named and default is not None:
        return default
    if not named:
        raise wrong("points_currency_eid or points_currency_iid is required")
    chosen = named.pop()
    # A request may have both; that they must then name the same currency is a guess.
    if named or chosen not in CURRENCIES.values():
        raise wrong("no such points currency")
    return str(chosen)


def moment(parameters: dict[str, Any], name: str) -> datetime:
    """A time in RFC 3339. Raises `Refusal`."""
    text = required(parameters, name)
    try:
        if not _RFC3339.match(text):
            raise ValueError("expected RFC 3339")
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise wrong(f"{name}: {error}") from error


def amount(parameters: dict[str, Any]) -> Decimal:
    """An amount of points, a decimal in text. Raises `Refusal`."""
    text = required(parameters, "amount")
    # That an amount is positive and has no exponent is a guess.
    if not _AMOUNT.match(text) or not Decimal(text):
        raise wrong("amount: expected a positive decimal")
    return Decimal(text)


def identifier(parameters: dict[str, Any]) -> tuple[str, str]:
    """The kind and the value of the identifier that a profile is looked up by. Raises `Refusal`."""
    matching = required(parameters, "matching")
    if matching == "custom":
        return f"custom.{required(parameters, 'field_name')}", str(required(parameters, "field_value"))
    if matching not in ("email", "phone", "profile_id"):
        raise wrong("matching is email, phone, profile_id or custom")
    return matching, required(parameters, matching)


def _from_json(body: bytes) -> dict[str, Any]:
    try:
        parameters = jsontext.read(body)
    except ValueError as error:
        raise wrong(str(error)) from error
    if not isinstance(parameters, dict):
        raise wrong("expected an object")
    return parameters


def _from_xml(body: bytes) -> dict[str, Any]:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise wrong(str(error)) from error
    parameters: dict[str, Any] = {}
    for child in root:
        # How an object such as external_data is written in XML is not documented, so it is refused.
        if root.tag != "xml" or len(child) or child.attrib or child.tag in parameters:
            raise wrong("expected plain parameters in one <xml>")
        parameters[child.tag] = _typed(child.tag, child.text or "")
    return parameters


def _typed(name: str, text: str) -> Any:
    # XML has only text, so numbers and flags are converted here.
    if TYPES.get(name) == (int,) and _INTEGER.match(text):
        return int(text)
    if TYPES.get(name) == (bool,) and text in ("true", "false"):
        return text == "true"
    return text
