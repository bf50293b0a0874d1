"""A CSV file of adjustments: what its rows ask for, the keys that they have, and what is refused by name."""

import csv
from decimal import Decimal
from io import StringIO

import pytest

from gateway.cli.bulk.sheet import EXPORTED, BadSheet, Layout, Row
from points_gateway_client import AdjustmentRequest

HEADER = "member,points,idempotency_key\n"


def layout(*named: str, ignored: tuple[str, ...] = (), batch: str | None = None, delimiter: str = ",") -> Layout:
    return Layout.of(named, ignored, batch, delimiter)


def read(text: str, how: Layout | None = None) -> list[Row]:
    return list((how or layout()).rows(StringIO(text, newline="")))


def keys(text: str, batch: str) -> list[str]:
    return [row.request.idempotency_key for row in read(text, layout(batch=batch)) if row.request]


def with_options(*cells: str) -> str:
    """A file with a row for each of these cells of options."""
    text = StringIO(newline="")
    csv.writer(text).writerows([("member", "points", "options"), *(("contact_id:1", "5", each) for each in cells)])
    return text.getvalue()


def test_a_row_is_a_request() -> None:
    """Each field that has a cell is asked for; an empty cell is as absent."""
    header = "member,points,idempotency_key,point_type,description,reason,reference,store,pending\n"
    rows = read(f'{header}contact_id:1, 5.0 ,k1,base,"Thanks,\nall",,order-1,12,true\ncontact_id:2,-2.5,k2,,,,,,\n')
    texts = {"point_type": "base", "description": "Thanks,\nall", "reference": "order-1", "store": "12"}
    assert rows == [
        Row(3, AdjustmentRequest("contact_id:1", "5", "k1", {**texts, "pending": True})),  # type: ignore[typeddict-item]
        Row(4, AdjustmentRequest("contact_id:2", "-2.5", "k2", {})),
    ]


def test_options_have_the_types_that_they_are_written_with() -> None:
    """The text "12" is no number, every digit counts, and what is absent is not asked for."""
    cells = [
        '{"crm": {"company_id": 12, "sub_type": "12", "book_value": 0.1000010000000000000001, "dynamic": {"x": null}}}',
        '{"crm": {"company_id": 12345678901234567890123, "sub_type": null, "kinds": [true, "Ø"]}, "other": {}}',
        '{"crm": {"sub_type": null}, "other": null}',
        "",
    ]
    value = Decimal("0.1000010000000000000001")
    assert [row.request and row.request.fields for row in read(with_options(*cells), layout(batch="b"))] == [
        {"options": {"crm": {"company_id": 12, "sub_type": "12", "book_value": value, "dynamic": {"x": None}}}},
        {"options": {"crm": {"company_id": 12345678901234567890123, "kinds": [True, "Ø"]}}},
        {},
        {},
    ]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ('{"crm": {"sub_type": web}}', "options: expected JSON: Expecting value: line 1 column 22"),
        ("web", "options: expected JSON: Expecting value: line 1 column 1"),
        ('{"crm": {"a": 1, "a": 2}}', "options: expected JSON: a name is given twice in one object"),
        ('{"crm": {"a": NaN}}', "options: expected JSON: NaN is not JSON"),
        ('{"crm": {"a": "\\ud800"}}', "options: expected JSON: 'utf-8' codec can't encode"),
        ('{"crm": ' + "[" * 100_000, "options: expected JSON: maximum recursion depth"),
        ('{"crm": {"a": 1e999}}', "options.crm.a: expected a finite number of at most 30 digits"),
        ('[{"a": 1}]', "options: expected an object of objects, as in "),
        ('{"crm": 12}', "options: expected an object of objects, as in "),
    ],
)
def test_options_that_cannot_be_sent_say_why(cell: str, problem: str) -> None:
    """By the row's line, the column, and the place in the cell."""
    good, bad = read(with_options("", cell), layout(batch="b"))
    assert good.request is not None
    assert (bad.line, bad.request, bad.problem[: len(problem)]) == (3, None, problem)


def test_options_make_a_key_by_what_they_mean() -> None:
    """Neither their order, nor blanks, nor what is absent, nor how a number is written; a row without any stays."""
    same = ['{"crm": {"a": 5, "b": {"x": 1, "y": "2"}}}', '{"crm":{"b":{"y":"2","x":1.0},"c":null,"a":5.00},"o":{}}']
    others = ['{"crm": {"a": "5", "b": {"x": 1, "y": "2"}}}', '{"other": {"a": 5, "b": {"x": 1, "y": "2"}}}', "", "{}"]
    made = [keys(with_options(each), "b")[0] for each in (*same, *others)]
    assert made[0] == made[1]
    assert made[4] == made[5] == keys("member,points\ncontact_id:1,5\n", "b")[0]
    assert len(set(made)) == 4


def test_columns_have_headers_of_their_own() -> None:
    """A header may be another, one may be left out, and cells may be parted otherwise."""
    how = layout("points=Beløb", "member=Kunde", ignored=("Navn",), batch="b", delimiter=";")
    [row] = read("Navn;Kunde;Beløb\nJason;contact_id:1;7\n", how)
    assert row.request is not None
    assert (row.request.member, row.request.points) == ("contact_id:1", "7")


def test_the_header_of_an_export_is_known() -> None:
    """What the gateway has added is left out, but for whose the row is; a reversal is no adjustment to make."""
    cells = dict.fromkeys(EXPORTED, "") | {"member": "contact_id:1", "points": "5", "idempotency_key": "k1"}
    cells |= {"client": "app", "tenant": "acme", "operation": "adjust", "status": "succeeded", "vendor": "crm"}
    lines = [",".join((cells | more).values()) for more in ({}, {"operation": "reverse", "idempotency_key": "k2"})]
    row, reversal = read("\n".join([",".join(EXPORTED), *lines]), layout())
    assert row == Row(2, AdjustmentRequest("contact_id:1", "5", "k1", {}), own={"client": "app", "tenant": "acme"})
    assert reversal.problem == "operation: only adjustments are imported, and this is 'reverse'"
    with pytest.raises(BadSheet, match="'status', 'vendor' is none of an adjustment"):
        read("member,points,idempotency_key,status,vendor\n", layout())


@pytest.mark.parametrize(("client", "tenant"), [("till", "acme"), ("app", "outlet")])
def test_a_row_of_another_cannot_be_sent(client: str, tenant: str) -> None:
    """Its key is another adjustment under another client or tenant, unless the column is left out by name."""
    text = f"client,tenant,{HEADER}{client},{tenant},contact_id:1,5,k1\n"
    names = {"client": "app", "tenant": "acme"}
    [row] = read(text, layout())
    assert row.under({"client": client, "tenant": tenant}) == row
    other = row.under(names)
    assert other.request is None
    assert "and would be another adjustment of" in other.problem
    [row] = read(text, layout(ignored=("client", "tenant")))
    assert row.under(names).request is not None


@pytest.mark.parametrize(
    ("text", "how", "message"),
    [
        ("", layout(), "there is no column 'member', 'points': name another header by --column"),
        ("member,amount,idempotency_key\n", layout(), "there is no column 'points'"),
        (HEADER.replace("\n", ",Name\n"), layout(), "the column 'Name' is none of an adjustment"),
        (HEADER.replace("\n", ",points\n"), layout(), "the column 'points' is there twice"),
        ("member,points\n", layout(), "there is no column 'idempotency_key': say by --batch"),
        (HEADER, layout(batch="b"), "the column 'idempotency_key' has the keys: --batch is for a file without them"),
        (HEADER + '"contact_id:1,5,k1\n', layout(), "line 2: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(text: str, how: Layout, message: str) -> None:
    """Nothing is guessed: a column that would be dropped has to be named."""
    with pytest.raises(BadSheet, match=message):
        read(text, how)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",5,k", "member: it is empty"),
        ("contact_id:1,,k", "points: it is empty"),
        ("jason,5,k", "member is written SCHEME:VALUE, as in 'email:jason@example.com'"),
        ("contact_id:1,5,", "idempotency_key: it is empty"),
        ("contact_id:1,5,a key", "idempotency_key is 1 to 255 visible ASCII characters"),
        ("contact_id:1,5", "it has 2 cells, and the header 3"),
        *((f"contact_id:1,{points},k", "points: expected a decimal") for points in ("0", "1e3", "5 000", "+5", "05")),
        *((f'contact_id:1,"{points}",k', "points: expected a decimal") for points in ("5,000", "2,5", "NaN", "0.00")),
    ],
)
def test_a_row_that_cannot_be_sent_says_why(row: str, problem: str) -> None:
    """It has no request; those around it do."""
    first, bad, last = read(f"{HEADER}contact_id:1,1,a\n{row}\ncontact_id:1,2,b\n")
    assert (first.request is None, last.request is None) == (False, False)
    assert (bad.line, bad.request) == (3, None)
    assert bad.problem.startswith(problem)


def test_a_key_is_there_once() -> None:
    """A second row under a key would change nothing; it names the first."""
    _, bad = read(f"{HEADER}contact_id:1,1,a\ncontact_id:1,2,a\n")
    assert bad == Row(3, None, "idempotency_key: line 2 has the same")


def test_the_same_file_has_the_same_keys() -> None:
    """Also in another order, with other rows between, with blanks, and with points written in another way."""
    first = keys("member,points\ncontact_id:1,5\ncontact_id:2,7\n", "november")
    moved = keys("points,member\n9,contact_id:3\n7.0,contact_id:2\n 5 ,contact_id:1\n", "november")
    assert first == [moved[2], moved[1]]
    assert all(len(each) == 47 for each in first)


def test_rows_that_say_the_same_are_two() -> None:
    """The second of two equal rows is an adjustment of its own, under the same key in every run."""
    rows = "member,points\ncontact_id:1,5\ncontact_id:1,5\n"
    assert keys(rows, "november") == keys(rows, "november")
    assert len(set(keys(rows, "november"))) == 2


def test_another_batch_has_other_keys() -> None:
    """What was credited in one month may be credited in the next."""
    rows = "member,points\ncontact_id:1,5\n"
    assert set(keys(rows, "november")) & set(keys(rows, "december")) == set()


def test_every_difference_makes_another_key() -> None:
    """No two rows that mean different things have one key."""
    header = "member,points,reference,store\n"
    rows = ["contact_id:1,5,,", "contact_id:1,6,,", "contact_id:2,5,,", "contact_id:1,5,12,", "contact_id:1,5,,12"]
    assert len(set(keys(header + "\n".join(rows), "b"))) == len(rows)
