"""All that a member has: every balance that a tenant's routes can reach, asked at once, and what it is worth."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from gateway.answers import wallet
from gateway.answers.wallet import Row, WalletAnswer
from gateway.errors import GatewayError, InternalError, MemberAmbiguous, MemberNotFound
from gateway.model import Member
from gateway.planning.planning import Plan, Planner
from gateway.planning.translation import Translator
from gateway.planning.wallet import Question, questions
from gateway.rates import Rates
from gateway.reads import BalanceRead
from gateway.service.balances import Balances
from gateway.service.members import Members
from gateway.service.writes import Caller

log = structlog.get_logger(__name__)
Name = Member | GatewayError
"""The vendor's own name of a member, or why it is not known."""


class Wallets:
    """Wallets by one configuration; `rates` are those of the tenants that have any."""

    def __init__(self, planner: Planner, members: Members, balances: Balances, rates: Mapping[str, Rates]) -> None:
        self._planner = planner
        self._members = members
        self._balances = balances
        self._rates = rates

    async def of(self, caller: Caller, members: Sequence[Member]) -> WalletAnswer:
        """What a member has, who has all of these names. Raises `OperationNotSupported` where nothing can be reached.

        What goes wrong at a vendor is in the answer, in place of its balances.
        """
        accounts = questions(self._planner, caller.tenant, members)
        rates = self._rates.get(caller.tenant)
        found = await asyncio.gather(*(self._account(caller, account, rates) for account in accounts))
        rows = [row for account in found for row in account]
        return wallet.answer(members, rows, rates, request_id=caller.request_id)

    async def _account(self, caller: Caller, account: list[Question], rates: Rates | None) -> list[Row]:
        """The rows of one account, of which every balance is asked at once."""
        names = await self._names(caller, account)
        problem = _contradiction(names)
        counted = _counted(account, rates)
        return await asyncio.gather(
            *(self._row(caller, question, names, problem, counted=question in counted) for question in account)
        )

    async def _names(self, caller: Caller, account: list[Question]) -> dict[Member, Name]:
        """Each name of the member that leads to an account, and the vendor's own name for it."""
        translators = {name: question.translator for question in account for name in question.routes}

        async def own(name: Member) -> Name:
            try:
                return await self._members.of(translators[name], name, client=caller.client)
            except Exception as error:
                return _problem(error, translators[name])

        return dict(zip(translators, await asyncio.gather(*map(own, translators)), strict=True))

    async def _row(
        self,
        caller: Caller,
        question: Question,
        names: Mapping[Member, Name],
        problem: GatewayError | None,
        *,
        counted: bool,
    ) -> Row:
        """One balance, asked by the first name that the vendor knows, or the problem in its place."""
        name = next((each for each in question.routes if isinstance(names[each], Member)), next(iter(question.routes)))
        own, translator = names[name], question.translator
        row = Row(translator, name, None, question.point_type, counted)
        if problem is not None:
            return replace(row, problem=problem)
        if isinstance(own, GatewayError):
            return replace(row, problem=own)
        row = replace(row, resolved=None if own == name else own)
        try:
            translation = translator.read(BalanceRead(own, question.point_type))
            plan = Plan(question.routes[name], translator, translation)
            reading, cached = await self._balances.read(
                plan, member=own, point_type=question.point_type, client=caller.client
            )
        except Exception as error:
            return replace(row, problem=_problem(error, translator))
        return replace(row, reading=reading, cached=cached)


def _problem(error: Exception, translator: Translator) -> GatewayError:
    """What a caller is told in place of a balance: a fault of ours, or of an adapter, is the problem of its vendor."""
    if not isinstance(error, GatewayError):
        log.error("a balance of a wallet could not be asked", vendor=translator.name, exc_info=error)
        error = InternalError()
    error.vendor = (translator.name, translator.kind.name)
    return error


def _contradiction(names: Mapping[Member, Name]) -> GatewayError | None:
    """Why the names of a member cannot be one member's at an account; None where nothing speaks against it.

    A name that nobody has there says nothing of the others.
    """
    values: dict[str, set[str]] = {}
    for own in names.values():
        if isinstance(own, Member):
            values.setdefault(own.scheme, set()).add(own.value.lower() if own.scheme == "email" else own.value)
        elif not isinstance(own, MemberNotFound):
            return own
    if any(len(each) > 1 for each in values.values()):
        return MemberAmbiguous("These names are those of several members at this vendor")
    return None


def _counted(account: list[Question], rates: Rates | None) -> list[Question]:
    """The balances that are added up: those of each kind of points, or the one of all kinds together, never both."""
    every = [question for question in account if question.aggregate]
    if not every or (rates is not None and rates.divides(every[0].translator.name)):
        return [question for question in account if not question.aggregate]
    return every
