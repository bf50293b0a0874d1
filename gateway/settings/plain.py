"""Warnings about secrets in plain text in a configuration: everyone who can read the file can use them."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.port import VendorSettings
from gateway.port.secrets import is_plain_text
from gateway.settings.key import ClientKey

_ADVICE = "take it from ${file:PATH} or ${env:NAME}"


def of_vendors(entries: Mapping[str, Entry], found: Mapping[str, VendorSettings]) -> Iterator[Problem]:
    """A warning for each vendor secret in plain text, at its position; the entries must be complete."""
    for name, settings in found.items():
        for (field, *rest), secret in settings.hidden().items():
            value = entries[name].data.get(type(settings).model_fields[field].alias or field)
            for step in rest:
                value = value.get(step) if isinstance(value, dict) else None
            # A proxy URL is a secret only if it has a password.
            is_secret = field != "proxy" or urlsplit(secret.reveal()).password is not None
            if value is not None and is_plain_text(value) and is_secret:
                yield entries[name].problem((field, *rest), f"the secret stands here in plain text: {_ADVICE}")


def of_keys(keys: Iterable[ClientKey]) -> Iterator[Problem]:
    """A warning for each key of a client or an operator in plain text."""
    for key in keys:
        if key.plain:
            yield key.problem(f"the key stands here in plain text: give it as sha256:HEX, or {_ADVICE}")


def of_shared(server: Entry | None) -> Iterator[Problem]:
    """A warning if the password of what counts for all processes is in plain text."""
    url = server.data.get("shared") if server is not None and isinstance(server.data, dict) else None
    if server is not None and isinstance(url, str) and is_plain_text(url) and urlsplit(url).password is not None:
        yield server.problem(("shared",), f"the password stands here in plain text: {_ADVICE}")


def of_store(entry: Entry | None) -> Iterator[Problem]:
    """A warning if the password of the journal's server is in plain text."""
    if entry is None or not isinstance(entry.data, str) or not is_plain_text(entry.data):
        return
    login, at, _ = entry.data.partition("://")[2].rpartition("@")
    if not entry.data.startswith("sqlite:") and at and ":" in login:
        yield entry.problem((), f"the password stands here in plain text: {_ADVICE}, or give it by PGPASSFILE")
