"""What the asyncio client reads of members."""

from collections.abc import AsyncIterator
from datetime import datetime

from points_gateway_client.async_driver import AsyncDriver
from points_gateway_client.operations import Operations
from points_gateway_client.readings import Balance, Expiring, Profile
from points_gateway_client.request import LARGEST_PAGE
from points_gateway_client.transactions import Transaction, Transactions
from points_gateway_client.wallet import Wallet


class AsyncMembers:
    """As `SyncMembers`, for asyncio."""

    _driver: AsyncDriver
    _operations: Operations

    async def balance(
        self,
        member: str,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
        timeout: float | None = None,
    ) -> Balance:
        """As `PointsClient.balance`."""
        steps = self._operations.balance(member, point_type=point_type, include_vendor_response=include_vendor_response)
        return await self._driver.run(steps, timeout)

    async def expiring(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
        timeout: float | None = None,
    ) -> Expiring:
        """As `PointsClient.expiring`."""
        steps = self._operations.expiring(
            member, start, end, point_type=point_type, include_vendor_response=include_vendor_response
        )
        return await self._driver.run(steps, timeout)

    async def transactions(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        include_vendor_response: bool = False,
        timeout: float | None = None,
    ) -> Transactions:
        """As `PointsClient.transactions`."""
        steps = self._operations.transactions(
            member,
            start,
            end,
            point_type=point_type,
            limit=limit,
            cursor=cursor,
            include_vendor_response=include_vendor_response,
        )
        return await self._driver.run(steps, timeout)

    async def iter_transactions(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Transaction]:
        """As `PointsClient.iter_transactions`."""
        cursor: str | None = None
        while True:
            page = await self.transactions(
                member,
                start,
                end,
                point_type=point_type,
                limit=LARGEST_PAGE if limit is None else limit,
                cursor=cursor,
                timeout=timeout,
            )
            for each in page.data:
                yield each
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def lookup(
        self, member: str, *, include_vendor_response: bool = False, timeout: float | None = None
    ) -> Profile:
        """As `PointsClient.lookup`."""
        return await self._driver.run(
            self._operations.lookup(member, include_vendor_response=include_vendor_response), timeout
        )

    async def wallet(self, *members: str, timeout: float | None = None) -> Wallet:
        """As `PointsClient.wallet`."""
        return await self._driver.run(self._operations.wallet(members), timeout)
