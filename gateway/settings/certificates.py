"""Checks of the certificate files in a vendor's settings: whether they can be used, and until when."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from gateway.port import VendorSettings

FIELDS = ("ca_file", "client_cert", "client_key")
"""Settings that name a file; its path is relative to the configuration file."""

_NO_FILE = "expected the path of a file, and there is none"


def unusable(field: str, path: Path) -> str | None:
    """Why a file cannot be used for a field; None if it can, as far as the file alone shows."""
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
    """The field of a client certificate that does not match the others, and why; None if all match."""
    if settings.client_cert is None or not all(Path(each).is_file() for each in _files(settings)):
        return None
    requests: list[bool] = []
    password = settings.client_key_password.reveal() if settings.client_key_password else ""

    # OpenSSL calls this only for an encrypted key, which tells a wrong password from other errors.
    def passphrase() -> str:
        requests.append(True)
        return password

    key_field = "client_key" if settings.client_key else "client_cert"
    if next(_dates(settings.client_cert), None) is None:
        return "client_cert", "expected a PEM file with a certificate"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(settings.client_cert, settings.client_key, passphrase)
    except ssl.SSLError as error:
        if requests and not password:
            return key_field, "the key is encrypted: set client_key_password"
        if requests:
            return "client_key_password", "expected the password that the key is encrypted with, and this is another"
        if error.reason == "KEY_VALUES_MISMATCH":
            return key_field, "expected the key of client_cert, and this is another"
        return key_field, f"expected a PEM file with the key of client_cert: {error.reason or 'it has none'}"
    except (OSError, ValueError) as error:
        return key_field, f"expected a PEM file with the key of client_cert: {type(error).__name__}"
    return None


def expired(settings: VendorSettings, now: float) -> str | None:
    """A message if a client certificate has expired, otherwise None. `now`: seconds since 1970."""
    for until in _dates(settings.client_cert) if settings.client_cert else ():
        if ssl.cert_time_to_seconds(until) < now:
            return f"the certificate was valid until {until}: the vendor will refuse it"
    return None


def _files(settings: VendorSettings) -> list[str]:
    return [each for each in (settings.client_cert, settings.client_key) if each is not None]


def _dates(path: str) -> Iterator[str]:
    """The end of validity of a file's first certificate, as text; nothing if it has no certificate."""
    # The ssl module has no public function that reads a certificate without a connection.
    try:
        yield ssl._ssl._test_decode_cert(path)["notAfter"]  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return
