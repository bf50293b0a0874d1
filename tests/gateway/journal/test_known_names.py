"""Names of clients and tenants: the journal keeps the first one, and notices what has another without saying so."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.adjustments import Draft
from gateway.journal import Journal, Names, Renamed

ACME = {("tenant", "acme"): "acme", ("client", "app"): "app"}


def names(journal_names: dict[Any, str], keys: dict[str, str] | None = None, **contents: str) -> Names:
    """Names whose contents are those of `contents` by name, and else told apart by their own name."""
    marks = {(kind, first): contents.get(first, f"of {first}") for (kind, _), first in journal_names.items()}
    return Names(journal_names=journal_names, keys=keys or {}, contents=marks)


@pytest.fixture
def used(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> Journal:
    """A journal with an adjustment of the client `app` for `acme`, which a configuration had."""
    runner.run(journal.claim(draft(client="app", tenant="acme")))
    assert runner.run(journal.adopt(names(ACME, {"k1": "app"}))) == ()
    return journal


def test_a_name_that_says_what_it_was_is_adopted(used: Journal, runner: asyncio.Runner) -> None:
    """From then on the new name is the first one's, and has to say so; the first one may come back."""
    renamed = names({("tenant", "acme2"): "acme", ("client", "app2"): "app"}, {"k1": "app"})
    assert runner.run(used.adopt(renamed)) == ()
    silent = names({("tenant", "acme2"): "acme2", ("client", "app2"): "app"}, {"k1": "app"})
    assert runner.run(used.adopt(silent)) == (Renamed("tenant", "acme2", "acme", "name"),)
    assert runner.run(used.adopt(renamed)) == ()
    assert runner.run(used.adopt(names(ACME, {"k1": "app"}))) == ()


def test_a_second_renaming_names_the_first_name(used: Journal, runner: asyncio.Runner) -> None:
    """A name that was only shown is not one of the journal's: the refusal says which one is."""
    runner.run(used.adopt(names({("tenant", "acme2"): "acme", ("client", "app"): "app"})))
    third = names({("tenant", "acme3"): "acme2", ("client", "app"): "app"}, acme2="other routes")
    assert runner.run(used.adopt(third)) == (Renamed("tenant", "acme3", "acme", "name"),)


def test_a_client_is_known_by_its_key(used: Journal, runner: asyncio.Runner) -> None:
    """A key under another client's name would send its repeats again, whether the first client is gone or not."""
    moved = names({("tenant", "acme"): "acme", ("client", "other"): "other"}, {"k1": "other", "k2": "other"})
    assert runner.run(used.adopt(moved)) == (Renamed("client", "other", "app", "key"),)
    both = names({**ACME, ("client", "other"): "other"}, {"k1": "other", "k2": "app"})
    assert runner.run(used.renamed(both)) == (Renamed("client", "other", "app", "key"),)


@pytest.mark.parametrize("kind", ["client", "tenant"])
def test_what_is_new_while_its_like_is_gone(used: Journal, runner: asyncio.Runner, kind: Any) -> None:
    """It counts as renamed; where both exist for once, or the old one went before, it is another one."""
    old = {"client": "app", "tenant": "acme"}[kind]
    rest = {each: first for each, first in ACME.items() if each[0] != kind}
    instead = names({**rest, (kind, "new"): "new"}, new=f"of {old}")
    assert runner.run(used.adopt(instead)) == (Renamed(kind, "new", old, "content"),)
    assert runner.run(used.adopt(names(rest))) == ()
    assert runner.run(used.adopt(instead)) == ()


def test_a_tenant_without_adjustments_may_have_any_name(used: Journal, runner: asyncio.Runner) -> None:
    """There is no key of it that could be repeated."""
    assert runner.run(used.adopt(names({**ACME, ("tenant", "outlet"): "outlet"}))) == ()
    assert runner.run(used.adopt(names({**ACME, ("tenant", "shop"): "shop"}, shop="of outlet"))) == ()


def test_an_empty_journal_takes_any_names(journal: Journal, runner: asyncio.Runner) -> None:
    """Without an adjustment nothing can be repeated."""
    assert runner.run(journal.adopt(names(ACME))) == ()
    assert runner.run(journal.adopt(names({("tenant", "b"): "b"}, b="of acme"))) == ()


def test_what_is_refused_is_not_kept(used: Journal, runner: asyncio.Runner) -> None:
    """Not even the names in it that are good."""
    bad = names({("tenant", "fresh"): "fresh", ("client", "other"): "other"}, {"k1": "other"})
    assert runner.run(used.adopt(bad)) != ()
    assert runner.run(used.adopt(names({**ACME, ("client", "fresh"): "fresh"}, {"k1": "app"}))) == ()


@pytest.mark.parametrize(
    ("renamed", "message"),
    [
        (
            Renamed("tenant", "b", "a", "content"),
            "tenants.b: it is new, and 'a' is gone, which had the same routes; under a new name, repeats of its "
            "idempotency keys would be carried out a second time; if it was renamed, add the line  was: a; if it is "
            "another tenant, take 'a' away in one change and add 'b' in the next",
        ),
        (
            Renamed("client", "b", "b", "name"),
            "clients.b: the journal keeps 'b' under this very name; take away its `was`",
        ),
    ],
)
def test_a_refusal_says_what_to_do(renamed: Renamed, message: str) -> None:
    """It names both names, the harm, and the line to add."""
    assert str(renamed) == message
