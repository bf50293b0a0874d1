"""Where a journal is, as `store` says it: `sqlite:///PATH` for a file, or the URL of a PostgreSQL server.

A path is what follows the three slashes, character for character: it is no part of a URL. A URL is percent-encoded
(RFC 3986), as PostgreSQL's own programs read it; what could be read in two ways is refused.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

EXPECTED = "expected sqlite:///relative/path.db, sqlite:////absolute/path.db or postgresql://..."
ENCODE = (
    "in the URL of a server, what is not a letter or digit in a user, password, name or option is percent-encoded (@ is"
    " %40, / is %2F, % is %25, a blank is %20); or leave the password out, and give it by PGPASSFILE or PGPASSWORD"
)
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
BESIDE = ("-wal", "-shm", "-journal", ".lock", ".opening", ".turn")
"""The endings of the files that are kept beside a journal, by SQLite and by us."""
_UNENCODED = re.compile(r"[^!-~]|#|%(?![0-9A-Fa-f]{2})|@.*@|[/?].*@", re.DOTALL)
_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.%]+)\]|(?P<name>[^\[\]:]*))(?::(?P<port>[0-9]{0,5}))?")
_OPTION = re.compile(r"[a-z_]+")
_UTF8 = ("utf8", "unicode")


@dataclass(frozen=True, slots=True)
class Store:
    """Where a journal is.

    `text`: what `parse` reads as this very place. `shown`: the place without a password, in one line of printable
    characters. `file`: that of an SQLite journal, absolute and its links resolved, so that one file has one name; None
    for PostgreSQL, whose server is reached by `conninfo`, in libpq's own notation.
    """

    text: str = field(repr=False)
    shown: str
    file: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str, folder: Path = Path()) -> "Store":
        """Read the text of `store`; a relative path begins at `folder`.

        Raises `ValueError`, which says what is expected and shows nothing of the text: it may hold a password.
        """
        if text.startswith(_SQLITE):
            return cls._file(text.removeprefix(_SQLITE), folder)
        if text.startswith(_POSTGRESQL) and text != _POSTGRESQL:
            return cls._server(text)
        raise ValueError(EXPECTED)

    @property
    def files(self) -> tuple[Path, ...]:
        """Where it keeps what it knows: the file and those beside it, there or not; none for PostgreSQL."""
        file = self.file
        return () if file is None else (file, *(file.with_name(file.name + ending) for ending in BESIDE))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the server and of its standbys; one for a server that is reached by default."""
        return () if self.file is not None else tuple(self.parameters.get("host", "").split(","))

    def conninfo(self, **more: str | int) -> str:
        """How libpq is told to reach the server; of what is said in `more` too, `parameters` decide."""
        asked = {**more, **self.parameters}
        escaped = ((name, str(value).replace("\\", r"\\").replace("'", r"\'")) for name, value in asked.items())
        # Said to every server: the environment, the role or the database may have another encoding in mind.
        return " ".join([*(f"{name}='{value}'" for name, value in escaped), "client_encoding=utf8"])

    @classmethod
    def _file(cls, path: str, folder: Path) -> "Store":
        # A database in memory (:memory:, file:) would forget what was sent, so that a repeat could credit twice.
        if not path or "\0" in path or path.endswith("/") or path == ":memory:" or path.startswith("file:"):
            raise ValueError(EXPECTED)
        file = Path(os.path.realpath(folder / path))
        if file.name.endswith(BESIDE):
            raise ValueError(
                f"expected a file whose name does not end in {', '.join(BESIDE)}: these are kept beside it"
            )
        return cls(f"{_SQLITE}{file}", _SQLITE + printable(str(file)), file)

    @classmethod
    def _server(cls, text: str) -> "Store":
        rest = text.removeprefix(_POSTGRESQL)
        if _UNENCODED.search(rest):
            raise ValueError(ENCODE)
        rest, _, query = rest.partition("?")
        authority, _, name = rest.partition("/")
        login, _, hosts = authority.rpartition("@")
        user, _, password = login.partition(":")
        parts = {"user": user, "password": password, "dbname": name, **_hosts(hosts)}
        found = {key: _decoded(value) for key, value in parts.items() if value} | _options(query)
        if found.pop("client_encoding", "utf8").lower().replace("-", "").replace("_", "") not in _UTF8:
            raise ValueError("expected a URL without client_encoding: it is always UTF8")
        who = quote(found.get("user", ""), safe="") + (":***" if "password" in found else "")
        shown = f"{_POSTGRESQL}{who}{'@' if who else ''}{hosts}/{quote(found.get('dbname', ''), safe='')}"
        return cls(text, shown, None, found)


def _hosts(text: str) -> dict[str, str]:
    """The hosts and ports of an authority, as libpq has them: several with commas between."""
    matches = [_HOST.fullmatch(each) for each in text.split(",")]
    found = [match for match in matches if match is not None and int(match["port"] or 1) in range(1, 65_536)]
    if len(found) < len(matches):
        raise ValueError("expected HOST, HOST:PORT or [IPV6]:PORT in the URL of a server, several with commas between")
    names, ports = ([match["ipv6"] or match["name"] for match in found], [match["port"] or "" for match in found])
    return {"host": ",".join(names) if any(names) else "", "port": ",".join(ports) if any(ports) else ""}


def _options(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in query.split("&") if query else ():
        name, equals, value = each.partition("=")
        if not equals or not _OPTION.fullmatch(name) or name in found:
            raise ValueError("expected NAME=VALUE after the ? in the URL of a server, each name once, with & between")
        found[name] = _decoded(value)
    return found


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("expected UTF-8 in what is percent-encoded in the URL of a server") from None
    if "\0" in decoded:
        raise ValueError("expected no %00 in the URL of a server")
    return decoded


def printable(text: str) -> str:
    """The text in one line, with escapes for what a terminal would act on."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
