"""Pages from templates: text from outside stays text, numbers keep their digits, and what is missing is an error."""

import re
from decimal import Decimal
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from gateway.console.templating import HEADERS, Templates, assets


def test_text_is_escaped() -> None:
    """Markup in a value is shown as it is written."""
    page = Templates().render(
        "problem.html", {"operator": None, "back": "/console/", "title": "<b>", "detail": '"&', "errors": []}
    )
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_what_a_page_lacks_is_an_error() -> None:
    """A page never leaves out in silence what it should show."""
    with pytest.raises(UndefinedError):
        Templates().render("problem.html", {"operator": None, "title": "x"})


def test_documents_keep_their_digits() -> None:
    """JSON is shown with all digits of each number, indented where that can be."""
    document = Templates()._made.filters["document"]
    assert document({"points": Decimal("12345678901234567.1")}) == '{\n  "points": 12345678901234567.1\n}'
    assert document({"points": 10**30}) == '{"points":1000000000000000000000000000000}'


def test_no_template_holds_script_or_style() -> None:
    """The policy lets none run that stands in a page; an attribute for either would be refused in silence."""
    for template in files("gateway.console").joinpath("templates").iterdir():
        text = template.read_text("utf-8")
        assert " style=" not in text, template.name
        assert not re.search(r"\son[a-z]+=", text), template.name
        assert "<style" not in text, template.name
        assert text.count("<script") == text.count('<script src="/console/assets/'), template.name
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_assets_are_what_pages_load() -> None:
    """Each is there under the name that the frame has it by."""
    frame = files("gateway.console").joinpath("templates/frame.html").read_text("utf-8")
    assert all(f"/console/assets/{name}" in frame for name in assets())
