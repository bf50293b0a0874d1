"""An endpoint of a tenant that is told of its events, as it is configured."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.event_kinds import KINDS, EventKind
from gateway.port import Secret


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events of a tenant are sent, and how.

    `secrets`: each request is signed with all of them, so that one can be changed without a gap. `events`: what it is
    told of. `timeout`: seconds of one request. `paused`: whether it is sent nothing now; what comes meanwhile waits.
    """

    name: str
    url: str = field(repr=False)
    secrets: tuple[Secret, ...]
    events: frozenset[EventKind] = frozenset(KINDS)
    timeout: float = 10.0
    allow_private: bool = False
    ca_file: str | None = None
    proxy: Secret | None = None
    paused: bool = False

    @property
    def shown(self) -> str:
        """Its URL without what may be a secret: the query, and all of the path but its beginning."""
        parts = urlsplit(self.url)
        path = parts.path if parts.path.count("/") < 2 and not parts.query else f"/{parts.path.split('/')[1]}/***"
        return f"{parts.scheme}://{parts.netloc}{path}"
