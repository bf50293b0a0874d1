"""What a fabric answer says: `{message, errors, data, status}`, each part of which can tell of a failure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Envelope:
    """The JSON object of one answer, read without a judgement; what is not of its documented type reads as None."""

    answer: Mapping[str, Any]

    @property
    def status(self) -> object:
        """The body's own status, as it came."""
        return self.answer.get("status")

    def status_within(self, low: int, high: int) -> bool:
        """Whether the body's own status is an integer from `low` to `high`."""
        return type(self.status) is int and low <= self.status <= high

    @property
    def message(self) -> str | None:
        """What the vendor says about the call."""
        return _text(self.answer.get("message"))

    @property
    def data(self) -> Mapping[str, Any]:
        """What became of the adjustment; empty where it is no object."""
        data = self.answer.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def data_message(self) -> str | None:
        """What the vendor says about the points; `Message` in its sample, `message` by the habit of the envelope."""
        return _text(self.data.get("Message", self.data.get("message")))

    @property
    def future_date(self) -> bool | None:
        """The `futureDate` of `data`, of which the vendor says no more."""
        value = self.data.get("futureDate")
        return value if isinstance(value, bool) else None

    @property
    def transaction_code(self) -> str | None:
        """The `transactionCode` of `data`; None where it is blank."""
        code = _text(self.data.get("transactionCode"))
        return code if code and code.strip() else None

    @property
    def has_errors(self) -> bool:
        """Whether `errors` holds anything."""
        return self.answer.get("errors") not in (None, {}, [], "")

    @property
    def words(self) -> str | None:
        """The message and every error in one text."""
        said = (self.message or self.data_message, *_error_texts(self.answer.get("errors")))
        return "; ".join(word for word in said if word) or None

    @property
    def succeeded(self) -> bool:
        """Whether the body speaks of a success in all of its parts."""
        failed = self.has_errors or _stands(self.answer, "exceptionstring")
        return self.status_within(200, 299) and not failed and self.transaction_code is not None

    @property
    def refused(self) -> bool:
        """Whether this is the vendor's envelope, rather than any JSON object, with a status of its own in the 400s."""
        return self.status_within(400, 499) and not self.answer.keys().isdisjoint(("message", "errors", "data"))

    @property
    def acted(self) -> bool:
        """Whether a transactionCode or an ExceptionString stands anywhere, so that something may have happened."""
        return _stands(self.answer, "transactioncode") or _stands(self.answer, "exceptionstring")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _error_texts(errors: object) -> Iterator[str]:
    """The texts of a dictionary of lists, which `errors` is by public documents; lists and bare texts are read too."""
    for name, texts in errors.items() if isinstance(errors, dict) else [("", errors)]:
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str):
                yield f"{name}: {text}" if name else text


def _stands(answer: object, name: str) -> bool:
    """Whether a name, in any letter case and at any depth, has a value that is neither null nor empty text."""
    rest = [answer]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, dict | list):
                    rest.append(inner)
                if key.lower() == name and inner not in (None, ""):
                    return True
        elif isinstance(value, list):
            rest.extend(value)
    return False
