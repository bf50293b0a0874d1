"""One look for an unknown at its vendor: all at once, or page by page from where the look before has ended."""

import asyncio

from gateway.adjustments import Record
from gateway.delivery.delivery import Delivery
from gateway.delivery.outcome import Reading
from gateway.errors import VendorBadResponse, VendorError
from gateway.model import Applied, Found
from gateway.planning.translation import Translator

PAGES = 20
"""Pages that one look reads at most."""
LONGEST_CURSOR = 2_048


class Search:
    """A look for one adjustment, and how far it has come; `way` leads to its vendor.

    `cursor`: where the next look goes on; None where it begins anew. `matches`: what was found so far. `rejected`: the
    vendor has rejected it. All of them hold after a failure too.
    """

    def __init__(self, record: Record, translator: Translator, way: Delivery) -> None:
        self.cursor = record.search_cursor
        self.matches: tuple[Applied, ...] = ()
        self.rejected = False
        self._draft = record.draft
        self._transaction = record.applied.transaction_id if record.applied else None
        self._translator = translator
        self.way = way

    async def look(self) -> Reading[Found]:
        """Read pages until the vendor has no more, `PAGES` are read, or one time-out of the vendor has passed.

        It goes on after a match, since a second one needs a person. Gives the page with the first match, or the last
        page. Raises what a read raises; once something was found, only `VendorBadResponse`.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + self._translator.settings.timeout
        found: Reading[Found] | None = None
        for _ in range(PAGES):
            try:
                reading = await self._page()
            except VendorBadResponse:
                raise
            except VendorError:
                if found is None:
                    raise
                break
            if reading.result.matches and found is None:
                found = reading
            if self.cursor is None or clock() >= until:
                break
        return found or reading

    async def _page(self) -> Reading[Found]:
        translation = self._translator.find(
            self._draft.effective_write, id=self._draft.id, cursor=self.cursor, transaction=self._transaction
        )
        reading = await self.way.read(translation)
        following = reading.result.next_cursor
        if following is not None and (following == self.cursor or len(following) > LONGEST_CURSOR):
            raise VendorBadResponse("The search does not go on from its cursor", vendor_status=reading.status)
        self.matches += reading.result.matches
        self.rejected |= reading.result.rejected
        self.cursor = following
        return reading
