"""How many files and sockets this process may have open."""

import sys

MOST_FILES = 65_536


def open_files() -> int:
    """The maximum number of open files and sockets of this process; raises the soft limit as far as is allowed."""
    if sys.platform == "win32":
        return MOST_FILES
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST_FILES:
        soft = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft
