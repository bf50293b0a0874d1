"""The endpoints that ask vendors about a member."""

from pydantic import BaseModel

from gateway import errors
from gateway.answers.readings import BalanceAnswer, ExpiringAnswer, ProfileAnswer, TransactionsAnswer
from gateway.answers.wallet import WalletAnswer
from gateway.api import member_queries as queries
from gateway.api import problem_groups as groups
from gateway.api import schemas
from gateway.api.edge import AnyEndpoint, Call, Endpoint, answer
from gateway.api.whole_response import WholeResponse
from gateway.errors import FieldError, Forbidden, InvalidRequest
from gateway.model import Member
from gateway.reads import BalanceRead, ExpiringRead, LookupRead
from gateway.service.service import Service
from gateway.settings import Scope

INSPECT: Scope = "points:inspect"


class MemberReads:
    """The operations of the API that read of one member."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def table(self) -> tuple[AnyEndpoint, ...]:
        """The endpoints, as they serve and as they are documented."""
        # Each is made by itself, as in `Endpoints.table`.
        balance = Endpoint(
            "GET",
            "/v1/members/{member}/balance",
            "get_balance",
            "Read a member's balance",
            "points:read",
            self.balance,
            {200: BalanceAnswer},
            (*groups.ALWAYS, *groups.READ),
            query=queries.BalanceQuery,
            body=schemas.NoBody,
        )
        expiring = Endpoint(
            "GET",
            "/v1/members/{member}/expiring",
            "get_expiring",
            "Read the points that expire",
            "points:read",
            self.expiring,
            {200: ExpiringAnswer},
            (*groups.ALWAYS, *groups.READ),
            query=queries.ExpiringQuery,
            body=schemas.NoBody,
        )
        transactions = Endpoint(
            "GET",
            "/v1/members/{member}/transactions",
            "list_transactions",
            "Read a member's history at the vendor",
            "points:read",
            self.transactions,
            {200: TransactionsAnswer},
            (*groups.ALWAYS, *groups.READ, *groups.STORE),
            query=queries.TransactionsQuery,
            body=schemas.NoBody,
        )
        lookup = Endpoint(
            "GET",
            "/v1/members/{member}",
            "get_member",
            "Look a member up at the vendor",
            "points:read",
            self.lookup,
            {200: ProfileAnswer},
            (*groups.ALWAYS, *groups.READ),
            query=queries.LookupQuery,
            body=schemas.NoBody,
        )
        wallet = Endpoint(
            "GET",
            "/v1/wallet",
            "get_wallet",
            "Read all that a member has",
            "points:read",
            self.wallet,
            {200: WalletAnswer},
            (*groups.ALWAYS, errors.OperationNotSupported),
            query=queries.WalletQuery,
            body=schemas.NoBody,
        )
        return balance, expiring, transactions, lookup, wallet

    async def balance(self, call: Call[queries.BalanceQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/members/{member}/balance."""
        found = await self._service.balance(
            call.caller, BalanceRead(_member(call), call.query.point_type), include_response=_include_response(call)
        )
        call.about.update(vendor=found.vendor.name)
        return answer(found)

    async def expiring(self, call: Call[queries.ExpiringQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/members/{member}/expiring."""
        found = await self._service.expiring(
            call.caller,
            ExpiringRead(_member(call), call.query.point_type, call.query.period()),
            include_response=_include_response(call),
        )
        call.about.update(vendor=found.vendor.name)
        return answer(found)

    async def transactions(self, call: Call[queries.TransactionsQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/members/{member}/transactions."""
        include = _include_response(call)
        read = call.query.read(_member(call))
        found = await self._service.transactions(call.caller, read, cursor=call.query.cursor, include_response=include)
        call.about.update(vendor=found.vendor.name)
        return answer(found)

    async def lookup(self, call: Call[queries.LookupQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/members/{member}."""
        include = _include_response(call)
        found = await self._service.lookup(call.caller, LookupRead(_member(call)), include_response=include)
        call.about.update(vendor=found.vendor.name)
        return answer(found)

    async def wallet(self, call: Call[queries.WalletQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/wallet."""
        return answer(await self._service.wallet(call.caller, call.query.member))


def _include_response(call: Call[queries.LookupQuery, schemas.NoBody]) -> bool:
    """Whether the vendor's own answer is asked for. Raises `Forbidden` where the client may not see it."""
    if call.query.include is None:
        return False
    if INSPECT not in call.scopes:
        raise Forbidden(f"The client {call.caller.client!r} has not the scope {INSPECT}, which include asks for")
    return True


def _member(call: Call[BaseModel, BaseModel]) -> Member:
    try:
        return Member.parse(call.path["member"])
    except ValueError as error:
        raise InvalidRequest(
            f"The member in the path: {error}", errors=(FieldError("{member}", str(error)),)
        ) from error
