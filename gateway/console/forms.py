"""What a browser sends of a form: read strictly, and bounded."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType

MAX_BODY = 256 * 1024
"""Bytes of a form: some hundred adjustments, each with its place in its life, and a reason."""
MAX_FIELDS = 2_000


class Form:
    """The fields of a form, each as often as it was sent."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return self._fields.get(name, [])

    def text(self, name: str) -> str:
        """The value of a field, without blanks around it; empty where there is none.

        Raises `InvalidRequest` where there are several.
        """
        values = self.all(name)
        if len(values) > 1:
            raise InvalidRequest(f"The form has the field {name} twice")
        return values[0].strip() if values else ""

    @classmethod
    def of(cls, encoded: str) -> "Form":
        """The form of a query or a body. Raises `InvalidRequest`."""
        try:
            pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
        except ValueError as error:
            raise InvalidRequest("The form cannot be read") from error
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return cls(fields)


async def posted(request: Request) -> Form:
    """The form of a request's body. Raises `UnsupportedMediaType`, `PayloadTooLarge` or `InvalidRequest`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("Send the form as application/x-www-form-urlencoded")
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > MAX_BODY:
            raise PayloadTooLarge(f"A form is at most {MAX_BODY} bytes")
    try:
        return Form.of(received.decode("ascii"))
    except UnicodeDecodeError as error:
        raise InvalidRequest("The form cannot be read") from error
