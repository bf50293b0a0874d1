"""The vendor's own name of a member, looked up where the vendor does not take the name that callers use.

Adapters never look a member up inside a write: whose points change is decided, and kept, before anything is sent.
"""

from collections.abc import Mapping

from gateway.adjustments import Draft
from gateway.delivery.delivery import Delivery
from gateway.errors import GatewayError, InternalError, MemberAmbiguous, MemberNotFound, VendorBadResponse
from gateway.model import Member, Profile
from gateway.planning.planning import Plan
from gateway.planning.routing import fits
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reads import LookupRead
from gateway.service.vendor_reads import ask


class Members:
    """Looks members up on the ways that calls take, each time anew: a member may have been merged into another."""

    def __init__(self, deliveries: Mapping[str, Delivery]) -> None:
        self._deliveries = deliveries

    async def found(self, lookup: Plan[Profile], *, client: str) -> Member:
        """The vendor's own name of a member. Raises `VendorError`: nobody, several, or what went wrong."""
        return await self._found(lookup.translator, lookup.translation, client)

    async def of(self, translator: Translator, member: Member, *, client: str) -> Member:
        """The name by which a vendor is asked for a member: looked up where it does not take the member as it is."""
        if not translator.resolves(member):
            return member
        return await self._found(translator, translator.read(LookupRead(member)), client)

    async def confirm(self, draft: Draft, translator: Translator, *, client: str) -> None:
        """Make sure that a looked-up member of an earlier attempt is the same one at this vendor's present account.

        An account whose credentials were renewed, where it has no other identifier, cannot be told from another
        account. Raises `MemberAmbiguous` where the caller's name leads to another member now, else as `found`.
        """
        if draft.write.resolved is None or draft.account in translator.accounts:
            return
        lookup = translator.read(LookupRead(draft.adjustment.member))
        if await self._found(translator, lookup, client) != draft.write.resolved:
            raise MemberAmbiguous("The member has another id at this vendor now than in the first attempt")

    async def _found(self, translator: Translator, lookup: Translation[Profile], client: str) -> Member:
        account = translator.account
        reading = await ask(self._deliveries, translator, lookup, client=client)
        try:
            member = own_name(reading.result, translator)
            if account not in translator.accounts:
                raise InternalError("The vendor's account was changed while the member was looked up")
        except GatewayError as error:
            error.vendor = (translator.name, translator.kind.name)
            raise
        return member


async def moved(draft: Draft, translator: Translator, way: Delivery) -> bool:
    """Whether a looked-up member has another id at the vendor now, or none, so that an absence proves nothing.

    Raises what the look-up raises where it gives no answer.
    """
    if draft.write.resolved is None:
        return False
    try:
        reading = await way.read(translator.read(LookupRead(draft.adjustment.member)))
    except (MemberNotFound, MemberAmbiguous):
        return True
    return own_name(reading.result, translator) != draft.write.resolved


def own_name(profile: Profile, translator: Translator) -> Member:
    """The name by which the vendor's other operations ask for this member.

    Raises `VendorBadResponse` where they cannot, or where masking changed the name.
    """
    member = profile.member
    if not fits(member.scheme, translator.adapter.schemes) or profile.ids.get(member.scheme) != member.value:
        raise VendorBadResponse("The vendor was asked who the member is, and gave no name by which it can be asked")
    try:
        return Member.parse(str(member))
    except ValueError as error:
        raise VendorBadResponse(f"The vendor's name of the member is none that can be sent: {error}") from error
