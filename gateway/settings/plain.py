"""Secrets that stand in a configuration as plain text, where whoever reads the file can use them."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from gateway.port import VendorSettings
from gateway.port.secrets import is_written_out
from gateway.settings.entry import Entry
from gateway.settings.key import ClientKey
from gateway.settings.problem import Problem

_ELSEWHERE = "take it from ${file:PATH} or ${env:NAME}"


def of_vendors(entries: Mapping[str, Entry], found: Mapping[str, VendorSettings]) -> Iterator[Problem]:
    """A doubt about each secret of a vendor, where it is written; of complete entries."""
    for name, settings in found.items():
        for field, secret in settings.hidden().items():
            written = entries[name].data.get(type(settings).model_fields[field].alias or field)
            secretive = field != "proxy" or urlsplit(secret.reveal()).password is not None
            if written is not None and is_written_out(written) and secretive:
                yield entries[name].problem((field,), f"the secret stands here in plain text: {_ELSEWHERE}")


def of_clients(keys: Iterable[ClientKey]) -> Iterator[Problem]:
    """A doubt about each client key that is written out."""
    for key in keys:
        if key.plain:
            yield key.doubt(f"the key stands here in plain text: give it as sha256:HEX, or {_ELSEWHERE}")


def of_store(entry: Entry | None) -> Iterator[Problem]:
    """A doubt about the password of the journal's server."""
    if entry is None or not isinstance(entry.data, str) or not is_written_out(entry.data):
        return
    login, at, _ = entry.data.partition("://")[2].rpartition("@")
    if not entry.data.startswith("sqlite:") and at and ":" in login:
        yield entry.problem((), f"the password stands here in plain text: {_ELSEWHERE}, or give it by PGPASSFILE")
