"""The contacts of the simulated vendor, and their look-up by id, email and phone."""

from typing import Any

from adapters.contact_points.simulated_errors import Refusal, invalid, whole

# The fields that the help pages and the vendor's own client name.
_NAMES = ("Id", "Secret", "Email", "PhoneCountryCode", "Phone", "FirstName", "LastName", "RegistrationDateTime")
_ROWS = (
    (1, "contact-secret-1", "user@example.com", "45", "12345678", "Ada", "Sample", "2023-01-05T09:30:00.0000000+01:00"),
    (2, "contact-secret-2", "other@example.com", "46", "87654321", "Bo", "Sample", "2023-06-05T09:30:00.0000000+02:00"),
)
CONTACTS: dict[int, dict[str, Any]] = {row[0]: dict(zip(_NAMES, row, strict=True)) for row in _ROWS}


def by_id(text: str) -> dict[str, Any]:
    """The contact with this id. Raises `Refusal`: 404 if there is none (the vendor's own client)."""
    contact = CONTACTS.get(whole("id", text))
    if contact is None:
        raise Refusal(404, f"Contact with id {text} was not found.")
    return contact


def looked_up(parameters: dict[str, str]) -> dict[str, Any]:
    """The contact with this email or phone, named alone. Raises `Refusal`: 404 if there is none."""
    # The look-ups by secret and by any field are not simulated. Which combinations the vendor takes is not documented.
    if list(parameters) not in (["email"], ["phone"]):
        raise invalid({"email": ["Either email or phone is required, and nothing else."]})
    ((name, value),) = parameters.items()
    for contact in CONTACTS.values():
        # That the letter case of an email counts is a guess: the reading that promises least. The country code is a
        # field of its own and no part of Phone (help pages).
        if value == contact[name.capitalize()]:
            return contact
    raise Refusal(404, f"Contact with this {name} was not found.")
