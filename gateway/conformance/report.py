"""What an adapter can do and which checks it keeps, as JSON, and the table of vendors that is made of it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from gateway.conformance import fitting
from gateway.conformance.pair import Pair
from gateway.conformance.trial import Result

Level = Literal["consistent", "certified", "live"]
"""How an adapter was tried: against a simulator of the same hand, of another one, or at a real account."""
BEGIN, END = "<!-- made by `points-gateway conform` -->", "<!-- end -->"
_BETWEEN = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
_FIELDS = ("point_type", "description", "reason", "reference", "store", "pending", "options")


def level(pair: Pair) -> Level:
    """The level that an adapter reaches if it keeps every check against its simulator."""
    hands = (pair.examples.written_by, pair.simulator.written_by if pair.simulator else "")
    return "certified" if all(hands) and hands[0] != hands[1] else "consistent"


def report(pair: Pair, results: Iterable[Result]) -> dict[str, Any]:
    """The report about one adapter; its `level` is null where a check is broken."""
    results, kind = list(results), pair.kind
    problems = [result.problem for result in results if result.problem]
    assert pair.simulator is not None  # noqa: S101 (it could not have been tried)
    theirs = {**pair.simulator.example.settings, "base_url": "http://127.0.0.1"}
    adapter = kind.adapter(fitting.settings(pair, theirs))
    return {
        "adapter": kind.name,
        "port": kind.adapter.port,
        "page": kind.adapter.__module__.rpartition(".")[0].replace(".", "/") + "/README.md",
        "level": None if problems else level(pair),
        "written_by": pair.examples.written_by,
        "simulator": {"written_by": pair.simulator.written_by, "written_from": pair.simulator.written_from},
        "operations": {name: sorted(parameters) for name, parameters in kind.operations.items()},
        "schemes": list(adapter.schemes),
        "lookup_schemes": list(adapter.lookup_schemes),
        "fractions": adapter.fractions,
        "repeat_safety": adapter.repeat_safety,
        "finds": adapter.finds,
        "cancels": kind.reversed_by is not None,
        "notes": dict(pair.examples.notes),
        "live": None,
        "kept": [result.case.name for result in results if not result.problem],
        "broken": [
            {
                "check": problem.case.check.name,
                "operation": problem.case.operation,
                "with": problem.with_values,
                "sent": problem.sent,
                "answered": problem.answered,
                "expected": problem.expected,
                "instead": problem.instead,
                "explained": problem.case.check.explained,
            }
            for problem in problems
        ],
    }


def with_live(report: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """A report with the record of a trial at a real account, which `points-gateway conform-live` makes."""
    return {**report, "level": "live" if report["level"] else None, "live": dict(live)}


def carried_on(
    reports: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]], digests: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Reports with the records of trials that earlier ones have, of adapters that are made of the same files still.

    `digests`: what each adapter is made of, by its name.
    """
    records = {each["adapter"]: live for each in before if (live := each.get("live")) is not None}
    found = []
    for each in reports:
        live = records.get(each["adapter"])
        same = live is not None and live["made_of"] == digests[each["adapter"]]
        found.append(with_live(each, live) if live is not None and same else dict(each))
    return found


def table(reports: Iterable[Mapping[str, Any]]) -> str:
    """The table of vendors in Markdown, of these reports."""
    rows = [_row(each) for each in reports]
    titles = list(rows[0]) if rows else []
    lines = [titles, *(list(row.values()) for row in rows)]
    head, *rest = (f"| {' | '.join(cells)} |\n" for cells in lines)
    return head + f"|{'---|' * len(titles)}\n" + "".join(rest)


def placed(page: str, reports: Iterable[Mapping[str, Any]]) -> str:
    """A page with the table between its two marks. Raises `ValueError` for a page without them."""
    if not _BETWEEN.search(page):
        raise ValueError(f"the page has no {BEGIN} that is followed by {END}")
    return _BETWEEN.sub(lambda _: table(reports), page)


def _row(each: Mapping[str, Any]) -> dict[str, str]:
    """The cells of an adapter's row, by column."""
    operations = each["operations"]
    done = {
        "adjust": ("adjust", "yes" if each["fractions"] else "whole points"),
        "balance": ("balance", "yes"),
        "expiring": ("expiring", "yes" if "period" in operations.get("expiring", ()) else "its schedule"),
        "transactions": ("transactions", "yes"),
        "look-up": ("lookup", "by " + _code(each["lookup_schemes"])),
    }
    fields = [name.replace("_", " ") for name in _FIELDS if name in operations.get("adjust", ())]
    cells = {
        **{column: cell if operation in operations else "-" for column, (operation, cell) in done.items()},
        "cancel": "yes" if each["cancels"] else "-",
        "members": _code(each["schemes"]),
        "an adjustment can also say": ", ".join(fields) or "-",
        "repeats": each["repeat_safety"],
        "level": _level(each),
    }
    return {"adapter": f"[{each['adapter']}]({each['page']})", **cells, **each["notes"]}


def _level(each: Mapping[str, Any]) -> str:
    if each["level"] == "live":
        return f"live, {each['live']['day']}"
    return each["level"] or "broken"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
