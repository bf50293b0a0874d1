"""What the blocking client reads of members."""

from collections.abc import Iterator
from datetime import datetime

from points_gateway_client.operations import Operations
from points_gateway_client.readings import Balance, Expiring, Profile
from points_gateway_client.request import LARGEST_PAGE
from points_gateway_client.sync_driver import SyncDriver
from points_gateway_client.transactions import Transaction, Transactions
from points_gateway_client.wallet import Wallet


class SyncMembers:
    """The reads of members, on whatever drives them."""

    _driver: SyncDriver
    _operations: Operations

    def balance(
        self,
        member: str,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
        timeout: float | None = None,
    ) -> Balance:
        """A member's balance; with `include_vendor_response`, `vendor.response` is the vendor's raw answer."""
        steps = self._operations.balance(member, point_type=point_type, include_vendor_response=include_vendor_response)
        return self._driver.run(steps, timeout)

    def expiring(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
        timeout: float | None = None,
    ) -> Expiring:
        """The points of a member that expire.

        `start` and `end` (aware datetimes, both included) go together. Some vendors require them, others have a
        schedule of their own and refuse them; `precision` of the result says which it is.
        """
        steps = self._operations.expiring(
            member, start, end, point_type=point_type, include_vendor_response=include_vendor_response
        )
        return self._driver.run(steps, timeout)

    def transactions(
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
        """A page of a member's history at the vendor, of at most `limit` rows (1 to 100; 20 if None).

        `start` and `end` (aware datetimes, both included) may come alone; not every vendor takes them. `cursor` is
        `next_cursor` of the page before; everything else but `limit` must be the same.
        """
        steps = self._operations.transactions(
            member,
            start,
            end,
            point_type=point_type,
            limit=limit,
            cursor=cursor,
            include_vendor_response=include_vendor_response,
        )
        return self._driver.run(steps, timeout)

    def iter_transactions(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[Transaction]:
        """A member's history at the vendor, row by row, read in pages of `limit` (100 if None).

        Whether it is whole is in `complete` of each page of `transactions`.
        """
        cursor: str | None = None
        while True:
            page = self.transactions(
                member,
                start,
                end,
                point_type=point_type,
                limit=LARGEST_PAGE if limit is None else limit,
                cursor=cursor,
                timeout=timeout,
            )
            yield from page.data
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def lookup(self, member: str, *, include_vendor_response: bool = False, timeout: float | None = None) -> Profile:
        """A member as the vendor knows it: its names there, its status and tier.

        Raises `MemberNotFound` where the vendor has nobody of this name, and `MemberAmbiguous` where it has several.
        """
        return self._driver.run(
            self._operations.lookup(member, include_vendor_response=include_vendor_response), timeout
        )

    def wallet(self, *members: str, timeout: float | None = None) -> Wallet:
        """All that a member has: every balance that the tenant's routes reach, with its worth where there are rates.

        `members` are names of one member, as its email and its id at a vendor. What goes wrong at a vendor is the
        `problem` of its balance, and raises nothing.
        """
        return self._driver.run(self._operations.wallet(members), timeout)
