"""What can be asked of the journal without changing it; lists have connections apart from all other questions."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from gateway.adjustments import Record, Transition
from gateway.approvals import Proposal, ResolutionRule
from gateway.journal import (
    approving,
    audit,
    feed,
    finding,
    known_names,
    limit_use,
    lists,
    lookups,
    outbox,
    queue,
    removing,
    skips,
    switches,
    unknowns,
    webhooks,
)
from gateway.journal.database import LISTS, LONGEST_READ, READERS
from gateway.journal.filters import Filters
from gateway.journal.lane import Lane
from gateway.journal.naming import Names, Renamed
from gateway.journal.opening import Opened
from gateway.journal.places import Places
from gateway.limits import Budget
from gateway.pauses import Pause
from gateway.reversible import Share

_LISTS_WAITING = 32
"""Lists that wait under one name, in one process."""
_OPERATORS = " operators"
"""Under which operators' lists take turns; no tenant has a name with a blank."""


class Queries:
    """The questions to a journal. Every method raises `StoreUnavailable` where the database cannot answer."""

    def __init__(self, opened: Opened, moment: Callable[[Connection], datetime]) -> None:
        self._lookups = Lane(opened.readers, READERS, "journal-reader", within=opened.within)
        # Apart, so that no list keeps those waiting who look for one adjustment.
        places = Places(LISTS, most=_LISTS_WAITING, patience=LONGEST_READ)
        self._lists = Lane(opened.listers, LISTS, "journal-lister", within=opened.longest_list, places=places)
        self._moment = moment

    async def find(self, client: str, tenant: str, key: str) -> Record | None:
        """The adjustment under a client's key within a tenant."""
        return await self._lookups.run(partial(lookups.find, client=client, tenant=tenant, key=key))

    async def get(self, tenant: str | None, adjustment: str) -> Record | None:
        """The adjustment of an id, where it is this tenant's; of any tenant for None."""
        return await self._lookups.run(partial(lookups.get, tenant=tenant, adjustment=adjustment))

    async def origins(
        self, tenant: str, accounts: Collection[str], *, ids: Collection[str], transactions: Collection[str]
    ) -> lookups.Origins:
        """Which of a tenant's adjustments at these accounts have one of these ids, or made one of these transactions.

        `transactions`: ids of the vendor. One statement for all of them.
        """
        asked = partial(lookups.origins, tenant=tenant, accounts=accounts, ids=ids, transactions=transactions)
        return await self._lookups.run(asked)

    async def reversals(self, tenant: str, original: str) -> tuple[Share, ...]:
        """The reversals of a tenant's adjustment, oldest first."""
        return await self._lookups.run(partial(lookups.reversals, tenant=tenant, original=original))

    async def history(self, adjustment: str) -> tuple[Transition, ...]:
        """Every transition of the adjustment of an id, oldest first."""
        return await self._lookups.run(partial(lookups.history, adjustment=adjustment))

    async def list(self, tenant: str | None, filters: Filters, *, limit: int, after: str | None = None) -> lists.Page:
        """At most `limit` adjustments of a tenant, newest first, that come after the one with the id `after`.

        Of one tenant one list at a time is read, in turn with other tenants. For None, they are of every tenant, each
        of which is asked in turn where something is filtered. Raises `InvalidRequest` where there is no adjustment
        `after`.
        """
        asked = partial(lists.page, tenant=tenant, filters=filters, limit=limit, after=after)
        return await self._lists.run(asked, name=tenant)

    async def unknown(self, tenant: str | None, filters: Filters, *, limit: int) -> unknowns.Unknowns:
        """What is unknown and fits, oldest first, at most `limit` of it, with the mark that names this set."""
        return await self._lookups.run(partial(unknowns.unknown, tenant=tenant, filters=filters, limit=limit))

    async def unknown_at(self, mark: int, tenant: str | None, filters: Filters, *, limit: int) -> tuple[Record, ...]:
        """The set that `unknown` gave with this mark, each record as it stands now.

        On PostgreSQL it can hold one that was being kept while the set was read.
        """
        return await self._lookups.run(
            partial(unknowns.unknown_at, mark=mark, tenant=tenant, filters=filters, limit=limit)
        )

    async def queue(
        self, tenant: str | None, vendor: str | None, *, limit: int, after: str | None = None
    ) -> queue.Queue:
        """What is unknown or accepted, oldest first, at most `limit` of it that come after the one with this id.

        Raises `InvalidRequest` where there is no adjustment `after`.
        """
        asked = partial(queue.page, tenant=tenant, vendor=vendor, limit=limit, after=after, moment=self._moment)
        return await self._lists.run(asked, name=_OPERATORS)

    async def named(self, name: finding.Named, value: str, *, limit: int, after: str | None = None) -> lists.Page:
        """The newest adjustments of all tenants of a member, with a reference, or that reverse one.

        Raises `InvalidRequest` where there is no adjustment `after`.
        """
        asked = partial(finding.named, name=name, value=value, limit=limit, after=after)
        return await self._lists.run(asked, name=_OPERATORS)

    async def by_transaction(self, transaction: str, *, limit: int) -> tuple[Record, ...]:
        """The newest adjustments of all tenants with this transaction id of a vendor."""
        asked = partial(finding.by_transaction, transaction=transaction, limit=limit)
        return await self._lists.run(asked, name=_OPERATORS)

    async def by_request(self, request_id: str, *, limit: int) -> tuple[Record, ...]:
        """The newest adjustments that a request was about, among those with the newest steps."""
        asked = partial(finding.by_request, request_id=request_id, limit=limit)
        return await self._lists.run(asked, name=_OPERATORS)

    async def contradicted(self, *, limit: int) -> tuple[Record, ...]:
        """What a late result contradicts, or once did, newest first."""
        return await self._lists.run(partial(queue.contradicted, limit=limit), name=_OPERATORS)

    async def proposals(self, ids: Collection[str]) -> dict[str, Proposal]:
        """What one person has decided of these adjustments and another has to confirm, by adjustment."""

        def asked(connection: Connection) -> dict[str, Proposal]:
            return approving.standing(connection, ids, self._moment(connection))

        return await self._lookups.run(asked)

    async def noted(self, number: str) -> bool:
        """Whether the audit log has a deed with this number, whichever process noted it."""
        return await self._lookups.run(partial(audit.noted, id_=number))

    async def resolution_rule(self) -> ResolutionRule:
        """How many people a resolution takes."""
        return await self._lookups.run(approving.rule)

    async def whereabouts(self) -> tuple[unknowns.Whereabouts, ...]:
        """How many unknown adjustments went to which account of which vendor; its cost grows with these alone."""
        return await self._lookups.run(unknowns.whereabouts)

    async def counts(self) -> lookups.Counts:
        """How many adjustments have not ended, and since when the oldest `unknown` is there; cheap at any size."""
        return await self._lookups.run(partial(lookups.counts, moment=self._moment))

    async def tenants(self) -> tuple[str, ...]:
        """The tenants that have adjustments, as the journal names them."""
        return tuple(await self._lists.run(skips.tenants))

    async def vendors(self, *, but: Collection[str], most: int) -> dict[str, int]:
        """How many adjustments each vendor holds, by its configured name, counted up to `most`; of all but some."""
        return await self._lists.run(partial(skips.vendors, but=but, most=most))

    async def renamed(self, configured: Names) -> tuple[Renamed, ...]:
        """The clients and tenants of a configuration that have another name than before and do not say so."""
        return await self._lookups.run(partial(known_names.renamed, configured=configured))

    async def audit(self, *, limit: int, after: int | None = None) -> tuple[audit.Entry, ...]:
        """The last actions of operators, newest first; those that come after the one with this number."""
        return await self._lookups.run(partial(audit.entries, limit=limit, after=after))

    async def paused(self) -> tuple[switches.Paused, ...]:
        """What is paused by operators at run time, the first one first."""
        return await self._lookups.run(switches.paused)

    async def under_way(self, pause: Pause) -> tuple[switches.UnderWay, ...]:
        """The attempts and repeats that a pause would have kept from beginning, and which may still send something."""
        return await self._lookups.run(partial(switches.under_way, pause=pause, moment=self._moment))

    async def erasure_key(self, record: Record) -> bytes:
        """The key of the fingerprint of what was erased; empty for all other records, without a question."""
        return await self._lookups.run(removing.key_of) if record.removal == "erased" else b""

    async def to_erase(self) -> lookups.ToErase:
        """What is put off to be erased; cheap at any size."""
        return await self._lookups.run(lookups.to_erase)

    async def events(self, tenant: str, *, after: str | None, limit: int) -> feed.FeedPage:
        """At most `limit` published events of a tenant after a cursor, or after the event of an id, oldest first.

        Raises `EventsGone` where events after it were purged since, or where there is no such event.
        """
        return await self._lists.run(partial(feed.page, feed=tenant, after=after, limit=limit), name=tenant)

    async def end_of_events(self, tenant: str) -> feed.FeedPage:
        """The end of a tenant's feed, without an event."""
        return await self._lookups.run(partial(feed.end, feed=tenant))

    async def position(self, tenant: str, event: str) -> int:
        """The position of a tenant's event in the feed. Raises `EventsGone`, as `events`."""
        return await self._lookups.run(partial(feed.position_of, feed=tenant, event=event))

    async def event(self, position: int) -> feed.Event | None:
        """The event at a position of the feed; None where it was purged."""
        return await self._lookups.run(partial(feed.at, position=position))

    async def backlog(self) -> outbox.Backlog:
        """How far the feed is published, and how far there are steps."""
        return await self._lookups.run(partial(outbox.backlog, moment=self._moment))

    async def told(self, after: int, until: int) -> frozenset[str]:
        """The tenants that have events between two positions of the feed."""
        return await self._lookups.run(partial(feed.newly_told, after=after, until=until))

    async def owed(self, hook: webhooks.Name, position: int, *, due: int, new: int) -> webhooks.Owed:
        """What a webhook is to be told: at most so many events that are due again, and new ones after a position."""
        asked = partial(webhooks.owed, hook=hook, position=position, most=(due, new), moment=self._moment)
        return await self._lookups.run(asked)

    async def to_tell(self) -> frozenset[webhooks.Name]:
        """The webhooks that are to be told something again now."""
        return await self._lookups.run(partial(webhooks.to_tell, moment=self._moment))

    async def webhook_standings(self) -> dict[webhooks.Name, webhooks.WebhookStanding]:
        """How every webhook stands that was told anything yet."""
        return await self._lookups.run(webhooks.standings)

    async def not_taken(self, state: webhooks.State, *, limit: int) -> tuple[webhooks.Delivery, ...]:
        """Events that webhooks did not take and that are in this state, oldest first."""
        return await self._lookups.run(partial(webhooks.not_taken, state=state, limit=limit))

    async def used(self, budgets: Collection[Budget]) -> limit_use.Usage:
        """What is taken from these budgets today."""
        return await self._lookups.run(partial(limit_use.used, budgets=budgets, moment=self._moment))

    async def close_lanes(self) -> None:
        """Let go of the connections that questions go over."""
        for lane in (self._lookups, self._lists):
            await asyncio.to_thread(lane.close)
