"""The requests that a simulator received and its answers, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from gateway.simulation import jsontext


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received: `target` is the verbatim path and query, header names keep their letter case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target up to the first `?`, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after the first `?`, still percent-encoded; empty if there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """A header's value, in any letter case; repeated headers are joined by a comma, None if there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case; empty if there is none."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `Content-Length` is added when it is written."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, payload: Any) -> "Answer":
        """An answer in JSON; decimals keep their digits."""
        return cls(status, jsontext.write(payload).encode())

    def wire(self, *, length: int | None = None, keep: int | None = None) -> bytes:
        """The whole answer in HTTP/1.1: `length` overrides Content-Length, `keep` is how many body bytes to send."""
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unassigned"
        fields = {
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body) if length is None else length),
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body[:keep]
