"""Calls that are made up, to see how a vendor's adapter would say them, or to ask a vendor something harmless."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlsplit

from gateway.errors import GatewayError
from gateway.model import Adjustment, Balance, Member
from gateway.planning.planning import PREVIEWED_ID
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reads import BalanceRead

_VALUES = {"email": ("nobody@check.invalid",), "phone": ("+10000000000",)}
_OTHERS = ("999999999", "00000000-0000-4000-8000-000000000000", "check-nobody")
"""What no member of a vendor is likely to be named: a number, a UUID, a word."""


def balance_of_nobody(vendor: Translator) -> Translation[Balance] | None:
    """A question that changes nothing, and whose answer hardly matters; None where it cannot be made up."""
    for read in _reads(vendor):
        try:
            return vendor.read(read)
        except GatewayError:
            continue
    return None


def repeated(vendor: Translator) -> str | None:
    """The beginning of the calls' own path with which `base_url` ends already, so that they would go to it twice."""
    base = urlsplit(vendor.settings.base_url).path
    for path in _paths(vendor.masked()):
        parts = path.partition("?")[0].strip("/").split("/")
        for count in range(len(parts), 0, -1):
            if base.endswith(beginning := "/" + "/".join(parts[:count])):
                return beginning
    return None


def _paths(vendor: Translator) -> Iterator[str]:
    """The paths of the first requests of calls, as far as a call can be made up."""
    for member in _members(vendor):
        try:
            yield vendor.adjust(Adjustment(member, Decimal(1), description="check"), id=PREVIEWED_ID).request.path
            break
        except GatewayError:
            continue
    for read in _reads(vendor):
        try:
            yield vendor.read(read).request.path
            break
        except GatewayError:
            continue


def _reads(vendor: Translator) -> Iterator[BalanceRead]:
    types = (None, *getattr(vendor.settings, "point_types", ()))
    yield from (BalanceRead(member, point_type) for member in _members(vendor) for point_type in types[:2])


def _members(vendor: Translator) -> Iterator[Member]:
    for scheme in vendor.adapter.schemes:
        if "*" not in scheme:
            yield from (Member(scheme, value) for value in _VALUES.get(scheme, _OTHERS))
