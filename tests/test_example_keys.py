"""What pages have people send to the demo can be sent in any order: no example disturbs another one."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.cli.demo import BANNER

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
EXAMPLES = [json.loads((ROOT / "gateway" / room / "examples.json").read_text("utf-8")) for room in ("api", "admin")]
STATED = {"email:jason@example.com": {"order-1234", "order-1235"}, "email:robin@example.com": {"order-1236"}}
"""Members whose balance the README states, in small letters, and the keys under which it sends them points."""
MEANT = ("member", "points", "point_type", "description")
Write = tuple[str, dict[str, Any]]
"""An idempotency key, and what is sent under it."""


def pasted(text: str) -> Iterator[Write]:
    """The writes of the curl commands in a text."""
    for command in re.findall(r"^ *curl (?:.*\\\n)*.*$", text, re.MULTILINE):
        if key := re.search(r"Idempotency-Key: ([^']+)'", command):
            [body] = re.findall(r"-d '(\{.*?\})'", command)
            yield key[1], json.loads(body)


def programmed(text: str) -> Iterator[Write]:
    """The writes of the Python code in a text."""
    call = r'points\.adjust\("([^"]+)", (\d+), idempotency_key="([^"]+)", description="([^"]+)"\)'
    for member, points, key, description in re.findall(call, text):
        yield key, {"member": member, "points": points, "description": description}


def answered(value: Any) -> Iterator[Write]:
    """The writes that the examples of answers tell of."""
    if isinstance(value, dict) and {"idempotency_key", "description"} <= value.keys():
        yield value["idempotency_key"], value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from answered(each)


def writes() -> Iterator[Write]:
    """All writes of the README, the pages, the demo's banner, and the examples of the OpenAPI documents."""
    for text in (*(page.read_text("utf-8") for page in PAGES), BANNER.replace("{{", "{").replace("}}", "}")):
        yield from pasted(text)
        yield from programmed(text)
    for each in EXAMPLES:
        yield from answered(each)


def test_a_key_stands_for_one_request() -> None:
    """Where two examples have the same key, they are the same request; under another one the key would be refused."""
    requests = defaultdict(set)
    for key, body in writes():
        requests[key].add(tuple(body.get(name) for name in MEANT))
    assert len(requests) > 10
    assert {key: found for key, found in requests.items() if len(found) > 1} == {}


def test_a_stated_balance_is_changed_by_no_other_example() -> None:
    """A member whose balance the README states gets points there alone; the form of /docs begins with another one."""
    keys = defaultdict(set)
    for key, body in writes():
        keys[str(body.get("member")).lower()].add(key)
    for body in EXAMPLES[0]["adjust"]["bodies"].values():
        keys[body["member"].lower()].add("/docs")
    assert {member: keys[member] for member in STATED} == STATED
