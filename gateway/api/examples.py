"""Whole requests and answers as examples, for the OpenAPI documents and the page that tries one: examples.json.

The requests of the public one succeed as they are against `points-gateway demo`.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


class Examples:
    """The examples of every operation, by its name; `package`: whose examples.json has them."""

    def __init__(self, package: str) -> None:
        self._all: dict[str, Any] = json.loads(files(package).joinpath("examples.json").read_text("utf-8"))

    def bodies(self, operation: str) -> Mapping[str, Any]:
        """Bodies of requests, by what they show; the first one is where a form begins."""
        return self._of(operation, "bodies")

    def parameter(self, operation: str, name: str) -> object:
        """A value of a parameter; None where there is no example."""
        return self._of(operation, "parameters").get(name)

    def answers(self, operation: str, status: int) -> Mapping[str, Any]:
        """Bodies of answers with this status, by what they show."""
        found: dict[str, Any] = self._of(operation, "answers").get(str(status), {})
        return found

    def _of(self, operation: str, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = self._all.get(operation, {}).get(kind, {})
        return found
