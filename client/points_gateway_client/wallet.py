"""All that a member has as typed values: points and money are `Decimal`, times are aware datetimes in UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from points_gateway_client.json_object import Document
from points_gateway_client.readings import BalanceAfter, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletBalance:
    """One balance of a wallet; `balance` is None where `problem` says what went wrong at the vendor.

    `counted` is false of a balance whose points are in others too. `rate` is what one available point is worth, and
    `worth` what all of them are, in the wallet's currency; None where that is not known or it is not counted.
    """

    vendor: Vendor
    member: str
    resolved: str | None
    point_type: str | None
    balance: BalanceAfter | None
    as_of: datetime | None
    cached: bool
    counted: bool
    rate: Decimal | None
    worth: Decimal | None
    problem: Mapping[str, Any] | None

    @classmethod
    def read(cls, document: Document) -> "WalletBalance":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        balance = document.inner_or_none("balance")
        return cls(
            vendor=Vendor.read(document.inner("vendor")),
            member=document.text("member"),
            resolved=document.text_or_none("resolved"),
            point_type=document.text_or_none("point_type"),
            balance=BalanceAfter.read(balance) if balance else None,
            as_of=document.moment_or_none("as_of"),
            cached=document.flag("cached"),
            counted=document.flag("counted"),
            rate=document.number_or_none("rate"),
            worth=document.number_or_none("worth"),
            problem=document.mapping_or_none("problem"),
        )


@dataclass(frozen=True, slots=True)
class Wallet:
    """All that a member has. `total`, in `currency`, is None unless every counted balance has a number and a rate."""

    members: tuple[str, ...]
    balances: tuple[WalletBalance, ...]
    currency: str | None
    total: Decimal | None
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document, members: Sequence[str]) -> "Wallet":
        """Read it from an answer about these names. Raises `ValueError` where that is not as documented."""
        if document.texts("members") != tuple(members):
            raise ValueError("members is not that of this call")
        return cls(
            members=document.texts("members"),
            balances=tuple(map(WalletBalance.read, document.several("balances"))),
            currency=document.text_or_none("currency"),
            total=document.number_or_none("total"),
            raw=document.fields,
        )


def target(members: Sequence[str]) -> str:
    """Path and query of a wallet. Raises `ValueError` without a name."""
    if not members:
        raise ValueError("a wallet needs a name of the member")
    return "/v1/wallet?" + "&".join(f"member={quote(each, safe='')}" for each in members)
