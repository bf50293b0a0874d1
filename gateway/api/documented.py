"""What the OpenAPI document has to know of an endpoint, whoever calls it."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel

from gateway.answers.answer_model import AnswerModel
from gateway.errors import GatewayError


class Documented(Protocol):
    """One operation: how it is reached and read, what it answers, and what can go wrong."""

    @property
    def method(self) -> str:
        """The method of HTTP."""

    @property
    def path(self) -> str:
        """The template of its path."""

    @property
    def name(self) -> str:
        """Its name, unlike all others."""

    @property
    def summary(self) -> str:
        """What it does, in a few words."""

    @property
    def scope(self) -> str:
        """What its caller needs."""

    @property
    def answers(self) -> Mapping[int, type[AnswerModel]]:
        """The models of its answers, by HTTP status."""

    @property
    def problems(self) -> tuple[type[GatewayError], ...]:
        """What can go wrong."""

    @property
    def query(self) -> type[BaseModel]:
        """The model of its query."""

    @property
    def body(self) -> type[BaseModel]:
        """The model of its body."""

    @property
    def needs_key(self) -> bool:
        """Whether it takes an `Idempotency-Key`."""

    @property
    def takes_body(self) -> bool:
        """Whether a request has a body."""
