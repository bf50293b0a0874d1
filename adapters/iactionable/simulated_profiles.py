"""How both APIs of the simulated vendor name a profile and a number of points."""

import re
from decimal import Decimal
from urllib.parse import unquote

from gateway.simulation import Request, urlencoded

# The types of public documents. The vendor's own document has Email, its samples `email`, so case is ignored.
ID_TYPES = {"email", "facebook", "twitter", "phonenumber", "openid", "guid", "username", "custom"}
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")


class Refusal(Exception):
    """Raised to answer a request with an error instead of points."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def profile(id_type: str, entity: str) -> str:
    """The profile that two segments of a path name, in canonical notation. Raises `Refusal`."""
    kind, value = decoded(id_type).lower(), decoded(entity)
    if kind not in ID_TYPES:
        raise Refusal(400, f"{id_type} is not a type of entity ID")
    if not value:
        raise Refusal(400, "An entity ID is required")
    # The document spells the same profile Jason@Example.com and Jason@example.com, so case is ignored.
    return f"{kind}:{value.lower() if kind == 'email' else value}"


def decoded(segment: str) -> str:
    """A segment of a path, percent-decoded. Raises `Refusal`."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise Refusal(400, "The address is not UTF-8") from error


def change(request: Request, *more: str) -> tuple[Decimal, dict[str, str]]:
    """The points of a write, and all its parameters: value, perhaps description, and these. Raises `Refusal`."""
    try:
        parameters = urlencoded.read(request.query)
    except ValueError as error:
        raise Refusal(400, f"The parameters cannot be read: {error}") from error
    # Stricter than the document, so that a misspelled or repeated parameter is noticed.
    if parameters.keys() - {"value", "description", *more}:
        raise Refusal(400, "Expected value, and perhaps description, once each")
    # Points are whole in every sample; the document gives no type.
    if not _WHOLE.match(parameters.get("value", "")):
        raise Refusal(400, "Value must be a whole number")
    return Decimal(parameters["value"]), parameters
