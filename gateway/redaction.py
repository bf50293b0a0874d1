"""What may be shown of an exchange with a vendor: our own secrets masked, in every form they travel in, and bounded."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import orjson

from gateway import exact
from gateway.port import VendorRequest, VendorResponse
from gateway.secrets import MASK

MAX_KEPT = 4096


class Redactor:
    """Masks the secrets of one vendor in text that is shown or kept."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def request(self, base_url: str, request: VendorRequest) -> dict[str, Any]:
        """A request as it is kept in the history."""
        return {
            "method": request.method,
            "url": self.mask(base_url + request.path),
            "headers": {name: self.mask(value) for name, value in request.headers.items()},
            "body": self.mask(request.body.decode(errors="replace"))[:MAX_KEPT],
        }

    def response(self, response: VendorResponse) -> dict[str, Any]:
        """An answer as it is kept in the history."""
        headers = {name: self.mask(value)[:MAX_KEPT] for name, value in response.headers.items()}
        return {"status": response.status, "headers": headers, "body": self.text(response)[:MAX_KEPT]}

    def text(self, response: VendorResponse) -> str:
        """The whole body of an answer as text, masked."""
        return self.mask(response.body.decode(errors="replace"))


def shown(text: str) -> Any:
    """A body for showing inside JSON: as the JSON that it is, else as text, or None where there is none."""
    if not text:
        return None
    try:
        exact.loads(text)
        return orjson.Fragment(text)
    except (ValueError, RecursionError):
        return text


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as JSON, XML and URLs spell it."""
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escape(secret),
        escape(secret, {'"': "&quot;", "'": "&apos;"}),
        quote(secret, safe=""),
        quote_plus(secret),
    }
