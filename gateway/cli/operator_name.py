"""Who runs a command, as the journal keeps it."""

import os
import pwd
import re

_UID = re.compile(r"[0-9]{1,9}")


def operator() -> str:
    """The user who runs the command, from the system: environment variables can be set to anything.

    The user behind sudo is known only from a variable, and is marked as such.
    """
    sudo = os.environ.get("SUDO_UID", "")
    behind = f", SUDO_UID {_user(int(sudo))}" if _UID.fullmatch(sudo) else ""
    return f"command line, uid {_user(os.getuid())}{behind}"


def _user(uid: int) -> str:
    """A user's number and name; in a container there may be no name."""
    try:
        return f"{uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return str(uid)
