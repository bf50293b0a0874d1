"""The try-it page: self-contained, careful with text that it is given, and in step with the API."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from gateway.api import openapi, reading
from gateway.api.answer_headers import of_page
from gateway.api.endpoints import Endpoints
from gateway.api.member_queries import ExpiringQuery
from gateway.api.page_parts import part, put_together
from gateway.api.schemas import ResolutionBody, ReversalBody, adjustment_body
from gateway.cli import demo
from gateway.model import Member
from gateway.port import registry

PAGE = put_together(part("docs.html"))
SCRIPT = PAGE.partition("<script>")[2].partition("</script>")[0]


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(PAGE)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def policy() -> dict[str, str]:
    """The rules that browsers are given for the page, by name."""
    header = of_page(PAGE)["Content-Security-Policy"]
    return dict(rule.strip().split(" ", 1) for rule in header.split(";"))


def document() -> dict[str, Any]:
    """The OpenAPI document; no endpoint is called for it, so there is no service behind them."""
    kinds = registry.adapters()
    endpoints = Endpoints(cast(Any, None), adjustment_body(list(kinds.values())), clock=lambda: datetime.now(UTC))
    return openapi.document(endpoints.table(), version="1")


def test_the_page_needs_no_network() -> None:
    """Nothing in it is loaded from elsewhere, and its own policy forbids all but calls to where it came from."""
    loading = [
        (tag, name, value)
        for tag, attributes in Tags().found
        for name, value in attributes.items()
        if name in ("src", "href", "action", "srcset", "data") and value != "data:,"
    ]
    # Links to the gateway's own pages load nothing until they are followed.
    assert loading == [("a", "href", "/problems"), ("a", "href", "/openapi.json")]
    assert re.search(r"https?://|@import|(?<!c)url\(", PAGE) is None
    rules = policy()
    assert (rules["default-src"], rules["connect-src"]) == ("'none'", "'self'")
    assert (rules["base-uri"], rules["form-action"], rules["frame-ancestors"]) == ("'none'", "'none'", "'none'")


def test_its_policy_allows_its_script_and_style_and_no_other() -> None:
    """Each is allowed by the hash of its bytes; nothing in the page would need more than that."""
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        texts = re.findall(f"<{tag}[^>]*>(.*?)</{tag}>", PAGE, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert policy()[directive].split() == [f"'sha256-{each}'" for each in hashes] != []
    assert "unsafe" not in str(policy())
    assert [name for _, each in Tags().found for name in each if name == "style" or name.startswith("on")] == []
    assert re.search(r"""\.style\b|setAttribute\(.style|cssText|javascript:""", SCRIPT) is None


def test_what_the_server_says_is_only_ever_text() -> None:
    """The script has none of the ways by which text becomes markup or code."""
    ways = r"(inner|outer|adjacent|set)HTML|document\.write|DOMParser|\beval\b|srcdoc|(?-i:\bFunction\b)"
    assert re.search(ways, SCRIPT, re.IGNORECASE) is None
    assert [name for _, each in Tags().found for name in each if name.startswith("on")] == []


def test_the_page_can_be_used_without_a_mouse_or_eyes() -> None:
    """It says its language, fits a narrow screen, follows light and dark, and its own fields are labelled."""
    tags = Tags().found
    assert ("html", {"lang": "en"}) in tags
    assert any(each.get("name") == "viewport" and "width=device-width" in str(each["content"]) for _, each in tags)
    assert "prefers-color-scheme: dark" in PAGE
    assert PAGE.count("<label>") == sum(tag == "input" for tag, _ in tags)


def test_the_key_that_it_offers_is_that_of_the_demo() -> None:
    """One press of a button fills in the key that `points-gateway demo` prints."""
    assert f'DEMO_KEY = "{demo.BACKOFFICE_KEY}"' in SCRIPT


def test_what_its_forms_begin_with_is_read_by_the_api() -> None:
    """The document has an example of every body; these, the period and the members are valid as they stand."""
    operations = {each["operationId"]: each for path in document()["paths"].values() for each in path.values()}
    adjustment = adjustment_body(list(registry.adapters().values()))
    models = {"adjust": adjustment, "preview_adjustment": adjustment, "resolve_adjustment": ResolutionBody}
    models["reverse_adjustment"] = ReversalBody
    assert {name for name, operation in operations.items() if "requestBody" in operation} == models.keys()
    for name, model in models.items():
        examples = operations[name]["requestBody"]["content"]["application/json"]["examples"]
        for each in examples.values():
            reading.body(json.dumps(each["value"]).encode(), model)
    expiring = {each["name"]: each["example"] for each in operations["get_expiring"]["parameters"] if "example" in each}
    reading.query(urlencode({name: expiring[name] for name in ("from", "to")}).encode(), ExpiringQuery)
    assert Member.parse(expiring["member"]).scheme == "email"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no JavaScript engine here")
@pytest.mark.parametrize(
    "text",
    [
        '{"a":1.10000000000000000001,"n":-0.0,"big":123456789012345678901234567890}',
        '{"text":"{},:[]\\"\\\\", "empty":{ }, "none":[ ], "deep":[1,{"f":null}]}',
        '"only text"',
        "<html>a proxy's page: {1, 2}</html>",
        "",
    ],
)
def test_answers_are_indented_without_being_changed(text: str) -> None:
    """But for the space between tokens, an answer is shown character for character; what is no JSON just as it is."""
    [function] = re.findall(r"^function indented.*?^}$", SCRIPT, re.MULTILINE | re.DOTALL)
    program = f"{function}\nprocess.stdout.write(indented(process.argv[1]))"
    shown = subprocess.run(["node", "-e", program, text], capture_output=True, text=True, check=True).stdout
    try:
        json.loads(text)
    except ValueError:
        assert shown == text
        return
    tokens = r'"(?:[^"\\]|\\.)*"|[^\s"]'
    assert re.findall(tokens, shown) == re.findall(tokens, text)
    assert shown.count("\n") >= text.count(",")
