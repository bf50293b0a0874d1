"""The files of certificates that a vendor's settings name: whether they can be used, and until when."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from gateway.port import VendorSettings

FIELDS = ("ca_file", "client_cert", "client_key")
"""Settings that name a file, relative to the file that they stand in."""

_NO_FILE = "expected the path of a file, and there is none"


def unusable(field: str, path: Path) -> str | None:
    """Why a file cannot be what a field names; None where it can, as far as that can be told of one file."""
    try:
        if not path.is_file():
            return _NO_FILE
        if field == "ca_file":
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        else:
            path.read_bytes()
    except ValueError:
        return _NO_FILE
    except ssl.SSLError as error:
        return f"expected a PEM file with certificates: {error.reason}"
    except OSError as error:
        what = "with certificates" if field == "ca_file" else "that can be read"
        return f"expected a PEM file {what}: {error.strerror}"
    return None


def mismatch(settings: VendorSettings) -> tuple[str, str] | None:
    """The field of a client's certificate that is of no use, and why; None where all fit each other."""
    if settings.client_cert is None or not all(Path(each).is_file() for each in _files(settings)):
        return None
    asked: list[bool] = []
    password = settings.client_key_password.reveal() if settings.client_key_password else ""

    def told() -> str:
        asked.append(True)
        return password

    holder = "client_key" if settings.client_key else "client_cert"
    if next(_dates(settings.client_cert), None) is None:
        return "client_cert", "expected a PEM file with a certificate"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(settings.client_cert, settings.client_key, told)
    except ssl.SSLError as error:
        if asked and not password:
            return holder, "the key is encrypted: set client_key_password"
        if asked:
            return "client_key_password", "expected the password that the key is encrypted with, and this is another"
        if error.reason == "KEY_VALUES_MISMATCH":
            return holder, "expected the key of client_cert, and this is another"
        return holder, f"expected a PEM file with the key of client_cert: {error.reason or 'it has none'}"
    except (OSError, ValueError) as error:
        return holder, f"expected a PEM file with the key of client_cert: {type(error).__name__}"
    return None


def expired(settings: VendorSettings, now: float) -> str | None:
    """Since when a client's certificate is not valid any more; None where it is. `now`: seconds since 1970."""
    for until in _dates(settings.client_cert) if settings.client_cert else ():
        if ssl.cert_time_to_seconds(until) < now:
            return f"the certificate was valid until {until}: the vendor will refuse it"
    return None


def _files(settings: VendorSettings) -> list[str]:
    return [each for each in (settings.client_cert, settings.client_key) if each is not None]


def _dates(path: str) -> Iterator[str]:
    """When the first certificate of a file ends, as text; nothing where it has none."""
    try:
        yield ssl._ssl._test_decode_cert(path)["notAfter"]  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return
