"""What a configuration says of names, and which of them the journal knows as another's: values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.limits import Kind

Sign = Literal["name", "key", "content"]
"""By what a renaming is noticed: the name, or what was it, is another's; a key is; it is new and its like is gone."""
_ROUTES_OR_RIGHTS: Mapping[Kind, str] = {"tenant": "routes", "client": "tenants and scopes"}


@dataclass(frozen=True, slots=True)
class Names:
    """What a configuration says of names. `journal_names`: by kind and name, the name in the journal.

    `keys`: by a mark of each key, its client's name in the journal; `contents`: by kind and name in the journal, a mark
    of what is configured for it: equal marks mean equal contents.
    """

    journal_names: Mapping[tuple[Kind, str], str]
    keys: Mapping[str, str]
    contents: Mapping[tuple[Kind, str], str]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A client or tenant of a configuration that is another one in the journal: there it is `was`."""

    kind: Kind
    name: str
    was: str
    sign: Sign

    @property
    def where(self) -> str:
        """Its path in a configuration."""
        return f"{self.kind}s.{self.name}"

    @property
    def detail(self) -> str:
        """Why it is refused, and what to do."""
        name, was = repr(self.name), repr(self.was)
        if self.was == self.name:
            return f"the journal keeps {name} under this very name; take away its `was`"
        why, otherwise = {
            "name": (f"the journal keeps it as {was}", ""),
            "key": (f"it has a key of {was}", f"; if it is another client, give it keys that {was} never had"),
            "content": (
                f"it is new, and {was} is gone, which had the same {_ROUTES_OR_RIGHTS[self.kind]}",
                f"; if it is another {self.kind}, take {was} away in one change and add {name} in the next",
            ),
        }[self.sign]
        harm = "under a new name, repeats of its idempotency keys would be carried out a second time"
        return f"{why}; {harm}; if it was renamed, add the line  was: {self.was}{otherwise}"

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}"
