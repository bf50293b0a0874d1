"""The digest of a request with an effect: by it a repeat is known to be the very same request."""

import hashlib

from gateway import exact
from gateway.delivery.redaction import Redactor
from gateway.port import VendorRequest


def digest(request: VendorRequest, *, base_url: str, redactor: Redactor, made_of: str = "") -> str:
    """A SHA-256 in hex of method, address, headers and body, with secrets masked, so that one may be renewed.

    Left out are the headers that `request.nonces` names: they are new in every request. `made_of`: the digest of the
    description that made the request, if one did; under another description no request is the same.
    """
    nonces = {name.lower() for name in request.nonces}
    headers = sorted(
        (name.lower(), redactor.spelled(value)) for name, value in request.headers.items() if name.lower() not in nonces
    )
    body = redactor.spelled(request.body.decode("utf-8", "surrogateescape"))
    parts = [request.method, redactor.spelled(base_url + request.path), headers, *([made_of] if made_of else [])]
    return hashlib.sha256(exact.canonical(parts) + body.encode("utf-8", "surrogateescape")).hexdigest()
