"""What an OpenAPI document says of its API as a whole: that of clients, and that of operators."""

from collections.abc import Mapping
from dataclasses import dataclass

HEALTH = "livez"


@dataclass(frozen=True, slots=True)
class About:
    """`tags`: the tag of an operation and its description, by the word of its path at `place`.

    `for_clients`: whether calls name a tenant and have a rate, and whether the pages of health belong to it.
    `examples`: the package whose examples.json has whole requests and answers.
    """

    title: str
    description: str
    server: str
    tags: Mapping[str, tuple[str, str]]
    place: int
    for_clients: bool
    examples: str

    def tag(self, path: str) -> str:
        """The tag of the operations at a path."""
        return self.tags[path.split("/")[self.place]][0]


PUBLIC = About(
    title="Points gateway",
    description="One points API in front of several loyalty vendors. Repeat a POST with the same "
    "Idempotency-Key and body until the answer is 201, or a problem with `new_key_allowed: true`: that is safe "
    "whatever came back, or nothing at all.",
    server="The gateway that this document comes from",
    tags={
        "adjustments": ("Adjustments", "Credit and debit points, take adjustments back, and see what became of them."),
        "events": ("Events", "Read what became of adjustments, in the order in which it came about."),
        "members": ("Members", "Read what vendors know of a member."),
        "wallet": ("Members", "Read what vendors know of a member."),
        "capabilities": ("Tenants", "See what a tenant's vendors can do, and what may still be adjusted."),
        "limits": ("Tenants", "See what a tenant's vendors can do, and what may still be adjusted."),
        HEALTH: ("Health", "Whether the gateway lives and can serve; no key is needed."),
    },
    place=2,
    for_clients=True,
    examples="gateway.api",
)

_FIND = ("Adjustments", "Find adjustments in all tenants, and see all that is known of one.")
_SETTLE = ("Settling", "See what waits for a person, settle it, and confirm what another person has decided.")
_PAUSE = ("Pauses", "Keep adjustments from beginning, and let them begin again.")
_SEE = ("State", "See how vendors, tenants, clients and the gateway stand.")
ADMIN = About(
    title="Points gateway: operators",
    description="What operators see and do, on the admin listener alone. Reads of members and all deeds are kept in "
    "the audit log.",
    server="The admin listener that this document comes from",
    tags={
        "adjustments": _FIND,
        "queue": _SETTLE,
        "unknown": _SETTLE,
        "alarms": _SETTLE,
        "resolutions": _SETTLE,
        "approvals": _SETTLE,
        "withdrawals": _SETTLE,
        "searches": _SETTLE,
        "pauses": _PAUSE,
        "resumptions": _PAUSE,
        "under-way": _PAUSE,
        "vendors": _SEE,
        "configuration": _SEE,
        "tenants": _SEE,
        "live": _SEE,
        "audit": _SEE,
    },
    place=3,
    for_clients=False,
    examples="gateway.admin",
)
