"""What may be shown of an exchange with a vendor: secrets masked, in every form they travel in, and all of it bounded.

Secrets are those of the configuration, and what a vendor issued. Of headers only what is known to hold none is kept.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from html import escape
from math import isfinite
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from gateway import charset, exact, scalars
from gateway.delivery import heads
from gateway.lenient import Unreadable, crowded
from gateway.port import PartialResponse, VendorRequest, VendorResponse
from gateway.port.echoes import Echoes
from gateway.port.secrets import MASK, Secret

MAX_KEPT = 4096
_LOOKED_AT, _AT_THE_CUT = 4 * MAX_KEPT, MAX_KEPT
"""Characters of a body that are masked to be kept, and those at the end of them that are left out: what was cut there
may be the beginning of a secret, in whichever form."""
_FOR_PAGES = "\"&'+<>`"
_OF_REQUESTS = frozenset((*heads.TRACED, "accept", "content-type", "user-agent"))
"""Headers of requests whose value is shown; any other may be a credential, and shows by its name alone."""

_CHARSETS = ("utf-8", "latin-1", "cp1252", "utf-16-le", "utf-16-be")
"""What a body may be in without that being told."""
_CONTROL = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)
_BYTES = {code: f"\\x{code & 0xFF:02x}" for code in (*_CONTROL, *range(0xDC80, 0xDD00))}
"""What stands for control characters, and for bytes that are no text, as Python's `surrogateescape` has them."""
_BEGUN = 3
"""Bytes of a secret that may stand at the end of what broke off; of more of them none is shown."""

Answer = VendorResponse | PartialResponse
Steps = Sequence[tuple[VendorRequest, Answer | None]]
"""The requests of an exchange in their order, each with its answer, or None where nothing of one came."""


class Redactor:
    """Masks the secrets of one vendor in text that is shown or kept."""

    def __init__(self, secrets: Iterable[str]) -> None:
        secrets = tuple(secrets)
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._echoes = Echoes(secrets)

    def mask(self, text: str) -> str:
        """The text with every secret replaced by `***`, in whichever form it came."""
        return self._echoes.masked(self.spelled(text))

    def spelled(self, text: str) -> str:
        """The text with every secret replaced by `***` that is spelled as in what we send: the same for every version.

        The digests of requests are made of it, and are kept.
        """
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def masked(self, value: Any) -> Any:
        """JSON values with every text in them masked, names too; what is no JSON value becomes its text, or null.

        A number of more than 30 digits is null: it could take gigabytes to write out. One that holds a secret is a
        masked text.
        """
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Unreadable):
            return None
        if isinstance(value, Mapping):
            return {self.mask(str(name)): self.masked(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.masked(item) for item in value]
        if isinstance(value, int | Decimal):
            number = value if isinstance(value, int) else scalars.number(value)
            text = "" if number is None or abs(number) >= 10**exact.MAX_DIGITS else str(number)
            masked = self.mask(text)
            return number if masked == text else masked
        if isinstance(value, float):
            return value if isfinite(value) else None
        return self.mask(str(value))

    def exchange(self, base_url: str, steps: Steps) -> tuple[dict[str, Any], ...]:
        """A whole exchange as it is kept in the history."""
        return tuple(
            {
                "request": self.request(base_url, request),
                "response": response and self.response(response, confidential=request.confidential),
            }
            for request, response in steps
        )

    def request(self, base_url: str, request: VendorRequest) -> dict[str, Any]:
        """A request as it is kept in the history."""
        return {
            "method": request.method,
            "url": self.mask(base_url + request.path),
            "headers": {
                name: self.mask(value) if name.lower() in _OF_REQUESTS else MASK
                for name, value in request.headers.items()
            },
            "body": self._sent(request)[:MAX_KEPT],
        }

    def response(self, response: Answer, *, confidential: bool) -> dict[str, Any]:
        """An answer as it is kept in the history; `confidential`: the request was.

        `complete` is there, false, where it did not come whole or cannot be read, `escaped`, true, where `\\xNN` stands
        in the body for bytes that are no text.
        """
        text, escaped = self._came(response, confidential=confidential, kept=True)
        headers = {} if confidential else response.headers
        answer = {
            "status": response.status,
            "headers": {name: self.mask(value)[:MAX_KEPT] for name, value in headers.items() if heads.shows(name)},
            "body": text[:MAX_KEPT],
        }
        if isinstance(response, PartialResponse):
            answer["complete"] = False
        if escaped:
            answer["escaped"] = True
        return answer

    def shown(self, response: Answer, *, confidential: bool) -> Any:
        """The whole body of an answer, masked, for showing inside JSON; of one to a confidential request nothing."""
        text, escaped = self._came(response, confidential=confidential)
        return text if escaped else shown(text)

    def _sent(self, request: VendorRequest) -> str:
        if request.confidential:
            return MASK if request.body else ""
        return self.mask(request.body.decode(errors="replace"))

    def _came(self, response: Answer, *, confidential: bool, kept: bool = False) -> tuple[str, bool]:
        """The body of an answer as text, masked, and whether it is escaped; `kept`: only what may be kept of it."""
        if confidential:
            return MASK if response.body else "", False
        text = charset.exactly(response.body, response.headers.get("content-type", ""))
        escaped = text is None or "\0" in text
        if text is None or escaped:
            text = response.body.decode("utf-8", "surrogateescape")
        cut = kept and response.status is not None and len(text) > _LOOKED_AT
        text = text[:_LOOKED_AT] if cut else text
        if escaped:
            for form in self._bytes:
                text = text.replace(form.decode("utf-8", "surrogateescape"), MASK)
        text = self.mask(text)
        if cut:
            text = text[:-_AT_THE_CUT]
        elif isinstance(response, PartialResponse):
            text = self._without_a_begun_secret(text)
            if response.status is None:
                text = heads.begun(text, length=len(response.body))
        return text.translate(_BYTES) if escaped else text, escaped

    def _without_a_begun_secret(self, text: str) -> str:
        """A text that broke off, without the beginning of a secret at its end."""
        whole = text.encode("utf-8", "surrogateescape")
        longest = 0  # of all forms: the end of one may look like the beginning of another
        for form in self._bytes:
            for length in range(min(len(form) - 1, len(whole)), max(_BEGUN, longest), -1):
                if whole.endswith(form[:length]):
                    longest = length
                    break
        return whole[:-longest].decode("utf-8", "surrogateescape") + MASK if longest else text

    @cached_property
    def _bytes(self) -> list[bytes]:
        """Every form in every charset that a body may be in without that being told."""
        found = set()
        for form in self._forms:
            for name in _CHARSETS:
                with suppress(UnicodeEncodeError):
                    found.add(form.encode(name))
        return sorted(found, key=len, reverse=True)


class Masks:
    """The redactor of one vendor, made anew only where a secret has changed, as one from a file may."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        every = tuple(secrets)
        self._following = tuple(each for each in every if each.follows)
        self._now: list[str] = []
        self._ever = frozenset(each.reveal() for each in every if not each.follows)
        self._redactor: Redactor | None = None  # made when first asked for: there can be hundreds of vendors
        self._issued: tuple[frozenset[str], Redactor] | None = None

    def redactor(self, issued: Collection[str] = ()) -> Redactor:
        """What masks the secrets as they are now, and as they were whenever this was asked before.

        `issued`: further texts, of this exchange alone.
        """
        if self._following:
            now = [each.reveal() for each in self._following]
            if now != self._now:
                self._now, self._ever = now, self._ever.union(now)
                self._redactor = None
        if not issued:
            if self._redactor is None:
                self._redactor = Redactor(self._ever)
            return self._redactor
        every = self._ever.union(issued)
        if self._issued is None or every != self._issued[0]:  # asked several times for one exchange, and costly to make
            self._issued = every, Redactor(every)
        return self._issued[1]


def shown(text: str) -> Any:
    """A body for showing inside JSON: as the JSON that it is, else as text, or None where there is none."""
    if not text:
        return None
    if crowded(text):
        return text
    try:
        exact.loads(text)
        return orjson.Fragment(text)
    except (ValueError, RecursionError):
        return text


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as URLs, XML and the usual writers of JSON spell it."""
    escaped = json.dumps(secret)[1:-1]
    readable = json.dumps(secret, ensure_ascii=False)[1:-1]
    solidus = {each.replace("/", r"\/") for each in (escaped, readable)}
    for_pages = {_escaped(each, digits) for each in (escaped, readable) for digits in ("04x", "04X")}
    in_xml = escape(secret, quote=False)
    in_attribute = in_xml.replace('"', "&quot;")
    return {
        secret,
        escaped,
        readable,
        *solidus,
        *for_pages,
        in_xml,
        in_attribute,
        in_attribute.replace("'", "&apos;"),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    }


def _escaped(text: str, digits: str) -> str:
    """JSON text as writers that have web pages in mind escape it; `digits` is how they format a number in hex."""
    text = text.replace('\\"', '"')
    return "".join(f"\\u{ord(each):{digits}}" if each in _FOR_PAGES else each for each in text)
