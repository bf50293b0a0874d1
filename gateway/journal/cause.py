"""Why a journal cannot be opened, in one line that names the cause and says what to do."""

import errno
from types import MappingProxyType

from gateway.store import printable

_WRITABLE = "let the user that runs this write to the file and to its folder"
_ROOM = "make room on the disk"
_ANOTHER = "name another file in store"
_SYSTEM = MappingProxyType(
    {
        **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _WRITABLE),
        **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _ROOM),
        **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG), _ANOTHER),
    }
)
# By the names of SQLite's primary result codes; its module is loaded only with such a journal.
_SQLITE = MappingProxyType(
    {
        "SQLITE_NOTADB": _ANOTHER,
        "SQLITE_CANTOPEN": _WRITABLE,
        # A reader is told so too: SQLite shares a file in WAL mode by other files beside it, which a reader changes.
        "SQLITE_READONLY": _WRITABLE,
        "SQLITE_FULL": _ROOM,
        "SQLITE_IOERR": "the disk is full, over its quota or broken: look into the system's log",
        "SQLITE_CORRUPT": "the file is damaged: put a back-up in its place, as docs/keeping.md says",
        "SQLITE_BUSY": "another program holds it: let that finish",
    }
)
_POSTGRESQL = MappingProxyType(
    {
        "42501": "GRANT the role CREATE on its schema, and its rights on tables that another role made",
        "53100": _ROOM,
        "55P03": "another session holds the tables: let that finish",
    }
)


def of(error: BaseException) -> str:
    """The reason in the words of who raised it, their first line, and what to do where that is known."""
    reason = getattr(error, "orig", None) or error
    words, advice = str(reason).strip().partition("\n")[0], None
    if (code := _sqlite_code(reason)) is not None:
        advice = _SQLITE.get(code)
    elif isinstance(reason, OSError):
        words, advice = _words(reason), _SYSTEM.get(reason.errno or 0)
    else:
        advice = _POSTGRESQL.get(getattr(reason, "sqlstate", None) or "")
    return f"{words}: {advice}" if advice else words


def full(error: BaseException) -> bool:
    """Whether a server's disk has no room left."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == "53100"


def overdue(error: BaseException) -> bool:
    """Whether a read was ended since it took too long."""
    reason = getattr(error, "orig", None)
    return _sqlite_code(reason) == "SQLITE_INTERRUPT" or getattr(reason, "sqlstate", None) == "57014"


def _sqlite_code(reason: BaseException | None) -> str | None:
    """The name of the primary result code of an error of SQLite: `SQLITE_IOERR` for `SQLITE_IOERR_WRITE`."""
    name = getattr(reason, "sqlite_errorname", None)
    return None if name is None else "_".join(name.split("_")[:2])


def _words(error: OSError) -> str:
    words = error.strerror or str(error)
    return f"{words} ({printable(str(error.filename))})" if error.filename else words
