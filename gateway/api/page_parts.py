"""The style and the script of a page, put into it: a page is one file to its reader, and needs no other."""

import re
from importlib.resources import files

_PART = re.compile(r"/\* ([a-z]+\.(?:css|js)) \*/")


def part(name: str) -> str:
    """The text of a file beside this one."""
    return files("gateway.api").joinpath(name).read_text("utf-8")


def put_together(page: str) -> str:
    """The page, with the text of a file in place of each comment that names one."""
    return _PART.sub(lambda match: f"\n{part(match[1])}", page)
