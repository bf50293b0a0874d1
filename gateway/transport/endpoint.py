"""A host and port to connect to, parsed from a URL of the configuration."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (a name, or an IP address without brackets), its port, and whether it uses TLS."""

    host: str
    port: int
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> "Endpoint":
        """The endpoint of an `http://` or `https://` URL."""
        parts = urlsplit(url)
        return cls(parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.scheme == "https")

    @property
    def name(self) -> str:
        """The name that its certificate must be valid for."""
        return self.host.rstrip(".")

    @property
    def authority(self) -> str:
        """`host:port`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.name}:{self.port}"

    @property
    def header(self) -> str:
        """The value of `Host`: the authority, without the scheme's default port."""
        return self.authority.removesuffix(f":{_PORTS['https' if self.encrypted else 'http']}")
