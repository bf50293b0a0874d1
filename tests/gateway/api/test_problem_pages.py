"""The pages under /problems: one for each problem that a caller can get, true to how problems are served."""

import re

import pytest

from gateway import errors
from gateway.answers import rendering
from gateway.answers.models import Problem
from gateway.api.answer_headers import of_page
from gateway.api.explanations import explanations
from gateway.api.problem_pages import index, page
from gateway.errors import AlreadyBooked, BookedOtherwise, FieldNotSupported, GatewayError, VendorError

NEVER_SERVED = {VendorError, AlreadyBooked, BookedOtherwise}
"""A base class, and what only the background meets."""


def kinds(base: type[GatewayError] = GatewayError) -> set[type[GatewayError]]:
    """Every class of errors of the gateway's own; tests may have made others."""
    own = {kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__}
    return own.union(*map(kinds, own))


def test_every_problem_is_explained() -> None:
    """There is an explanation for each code that callers can get, and none for what they cannot."""
    assert {kind.code for kind in kinds() - NEVER_SERVED} == set(explanations())
    for code, each in explanations().items():
        assert each.kind.code == code


@pytest.mark.parametrize("code", explanations())
def test_an_example_is_a_problem_as_it_is_served(code: str) -> None:
    """Its members are those of a served problem, in the same order, and what they say agrees."""
    each = explanations()[code]
    shown = Problem.model_validate({**each.example, "vendor": each.example.get("vendor")}, strict=False)
    made = each.kind("x", "y") if each.kind is FieldNotSupported else each.kind(each.detail)
    served = rendering.problem(made, request_id="req_1").model_dump()
    assert list(each.example) == [name for name in Problem.model_fields if name in each.example]
    assert served.keys() <= each.example.keys()
    assert (shown.type, shown.title, shown.status) == (served["type"], served["title"], served["status"])
    assert shown.retryable == served["retryable"]
    assert not (shown.new_key_allowed and shown.retryable)
    assert not (shown.new_key_allowed and shown.adjustment is None)


@pytest.mark.parametrize("code", explanations())
def test_a_page_says_what_happened_and_what_to_do(code: str) -> None:
    """It is in words, with an example, and needs no script and nothing from elsewhere."""
    each = explanations()[code]
    text = page(each)
    assert f"<title>{code}: " in text
    for heading in ("What happened", "What to do", "An example"):
        assert f"<h2>{heading}</h2>" in text
    assert "`" not in text.partition("<body")[2]
    assert re.search(r"<script|https?://|/\* \w+\.css \*/", text) is None
    assert "unsafe" not in of_page(text)["Content-Security-Policy"]
    assert "script-src 'none'" in of_page(text)["Content-Security-Policy"]


def test_no_text_becomes_markup() -> None:
    """What stands in an example is shown and not read as HTML."""
    text = page(explanations()["unauthenticated"])
    assert "&quot;detail&quot;: " in text


def test_the_index_leads_to_every_page() -> None:
    """Each code is a link, in the order of statuses."""
    links = re.findall(r'href="/problems/(\w+)"', index(explanations()))
    assert links == list(explanations())
    statuses = [explanations()[code].kind.status for code in links]
    assert statuses == sorted(statuses)


@pytest.mark.parametrize("code", explanations())
def test_advice_agrees_with_the_rule_for_callers(code: str) -> None:
    """Another key is advised only where the example allows it, and a repeat only where it helps."""
    each = explanations()[code]
    if (
        re.search(r"under another key\.|takes another key|use another key\.", each.advice)
        and "Do not" not in each.advice
    ):
        assert each.example["new_key_allowed"]
    if each.advice.startswith("Send the same request again under the same key, after"):
        assert each.kind.retryable
