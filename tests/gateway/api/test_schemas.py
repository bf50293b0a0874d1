"""What callers may send: bodies that mean the same are the same, and cursors belong to their filters."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api import reading
from gateway.api.list_query import ListQuery
from gateway.api.schemas import AdjustmentBody, adjustment_body
from gateway.errors import InvalidRequest
from gateway.meaning import fingerprint
from gateway.port.registry import adapters

BODY = adjustment_body(list(adapters().values()))
FIVE = {"member": "contact_id:1", "points": "5"}
LAST = "adj_" + "0" * 32
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "member": st.sampled_from(["email:a", "email:b", "contact_id:1"]),
        "status": st.sampled_from(["failed", "unknown"]),
        "reference": st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
        ),
        "idempotency_key": st.sampled_from(["a", "b"]),
        "created_from": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"]),
        "created_to": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
    },
)


def meaning(body: type[AdjustmentBody], **fields: Any) -> str:
    """What a body means."""
    return fingerprint(body.model_validate({**FIVE, **fields}).adjustment())


@given(FILTERS, st.from_regex(r"adj_[0-9a-f]{32}", fullmatch=True), st.sampled_from(["acme", "outlet"]))
def test_a_cursor_comes_back(filters: dict[str, Any], last: str, tenant: str) -> None:
    """A cursor made for some filters says the same place to the same filters, whatever the limit."""
    cursor = ListQuery.model_validate(filters).cursor_for(tenant, last)
    assert ListQuery.model_validate({**filters, "cursor": cursor, "limit": "7"}).after(tenant) == last


@given(FILTERS, FILTERS, st.sampled_from(["acme", "outlet"]), st.sampled_from(["acme", "outlet"]))
def test_a_cursor_is_nothing_elsewhere(one: dict[str, Any], other: dict[str, Any], tenant: str, another: str) -> None:
    """To other filters, or another tenant, it is no cursor."""
    cursor = ListQuery.model_validate(one).cursor_for(tenant, LAST)
    if (one, tenant) != (other, another):
        with pytest.raises(InvalidRequest):
            ListQuery.model_validate({**other, "cursor": cursor}).after(another)


class LaterQuery(ListQuery):
    """A list's query of a later version, with one more filter."""

    store: str | None = None


def test_a_cursor_survives_another_version() -> None:
    """A cursor is what it was for the same filters, whatever further filters a later version has."""
    filters = {"member": "email:a", "status": "failed", "created_from": "2026-01-01T00:00:00Z"}
    cursor = base64.urlsafe_b64encode(f"{LAST}.2f089dc9d71d32a3".encode()).decode()
    for version in (ListQuery, LaterQuery):
        assert version.model_validate(filters).cursor_for("acme", LAST) == cursor
        assert version.model_validate({**filters, "cursor": cursor}).after("acme") == LAST
    with pytest.raises(InvalidRequest):
        LaterQuery.model_validate({**filters, "store": "12", "cursor": cursor}).after("acme")


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_no_cursor(text: str) -> None:
    """What the gateway did not make is refused, and never a fault."""
    with pytest.raises(InvalidRequest):
        ListQuery.model_construct(cursor=text).after("acme")


def test_a_cursor_of_an_earlier_version_is_refused() -> None:
    """One that held a number in the journal, which told how much all tenants write, is none any more."""
    with pytest.raises(InvalidRequest, match="begin without a cursor"):
        ListQuery(cursor=base64.urlsafe_b64encode(b"5.0d1a4cdd9ec0ab0a").decode()).after("acme")


def test_no_cursor_on_the_last_page() -> None:
    """Where there is no next page there is no cursor."""
    assert ListQuery().cursor_for("acme", None) is None
    assert ListQuery().after("acme") is None


def defaults(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The defaults that a model of options documents."""
    definition = definitions[schema["anyOf"][0]["$ref"].rsplit("/", 1)[1]]
    return {name: each["default"] for name, each in definition.get("properties", {}).items() if "default" in each}


def test_options_are_those_of_the_adapters_in_use() -> None:
    """Options of any other adapter are refused at their place, by words that say which are taken."""
    body = adjustment_body([adapters()["contact-points"], adapters()["fabric"]])
    raw = b'{"member": "email:a", "points": 5, "options": {"fabric": {}, "expiring-points": {}, "a/b": null}}'
    with pytest.raises(InvalidRequest) as refused:
        reading.body(raw, body)
    message = "no vendor of this gateway has this adapter; options are taken for contact-points, fabric"
    assert [(wrong.pointer, wrong.detail) for wrong in refused.value.errors] == [
        ("/options/expiring-points", message),
        ("/options/a~1b", message),
    ]
    options = body.model_json_schema()["$defs"]["AdjustmentOptions"]
    assert (set(options["properties"]), options["additionalProperties"]) == ({"contact-points", "fabric"}, False)


@pytest.mark.parametrize("adapter", sorted(adapters()))
def test_defaults_spelled_out_mean_nothing_new(adapter: str) -> None:
    """Options that say what is meant anyway do not make another request, whichever adapter they are for."""
    definitions = BODY.model_json_schema()["$defs"]
    documented = defaults(definitions["AdjustmentOptions"]["properties"][adapter], definitions)
    bare = meaning(BODY)
    for said in ({}, None, documented, *({name: value} for name, value in documented.items())):
        assert meaning(BODY, options={adapter: said}) == bare


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"points": "7.0"}, {"points": "7"}),
        ({"pending": None}, {"pending": False}),
        ({"reason": None, "options": None}, {}),
    ],
)
def test_the_same_meaning(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Null is absent, false is the default, and digits have one meaning."""
    assert meaning(BODY, **one) == meaning(BODY, **other)


@given(
    st.dictionaries(
        st.sampled_from(["description", "reason", "reference", "store", "point_type"]),
        st.text("ab", min_size=1, max_size=3),
    )
)
def test_every_field_has_a_meaning(fields: dict[str, str]) -> None:
    """Two bodies mean the same only where every field does: no text slips from one field into another."""
    assert (meaning(BODY, **fields) == meaning(BODY)) == (not fields)
    for name in fields:
        rest = {each: value for each, value in fields.items() if each != name}
        assert meaning(BODY, **rest) != meaning(BODY, **fields)
