"""What a fabric answer says: `{message, errors, data, status}`, each part of which can tell of a failure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway import scalars
from gateway.lenient import Unreadable


@dataclass(frozen=True, slots=True)
class Envelope:
    """The JSON object of one answer, read without a judgement; what cannot be told reads as None."""

    answer: Mapping[str, Any]

    @property
    def status(self) -> int | None:
        """The body's own status; None where it has none, or none that can be told."""
        return scalars.whole(self.answer.get("status"))

    @property
    def has_no_status(self) -> bool:
        """Whether the body has no status at all."""
        return self.answer.get("status") is None

    def status_within(self, low: int, high: int) -> bool:
        """Whether the body's own status is one from `low` to `high`."""
        return self.status is not None and low <= self.status <= high

    @property
    def message(self) -> str | None:
        """What the vendor says about the call."""
        return scalars.text(self.answer.get("message"))

    @property
    def data(self) -> Mapping[str, Any]:
        """What became of the adjustment; empty where it is no object."""
        data = self.answer.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def data_message(self) -> str | None:
        """What the vendor says about the points; `Message` in its sample, `message` by the habit of the envelope."""
        return scalars.text(self._data_message)

    @property
    def future_date(self) -> bool | None:
        """The `futureDate` of `data`, of which the vendor says no more."""
        return scalars.flag(self.data.get("futureDate"))

    @property
    def transaction_code(self) -> str | None:
        """The `transactionCode` of `data`; None where it is blank, or a number that counts nothing."""
        code = scalars.text(self.data.get("transactionCode"))
        number = scalars.number(code)
        return code if code and code.strip() and (number is None or number > 0) else None

    @property
    def has_errors(self) -> bool:
        """Whether `errors` holds anything, or cannot be told."""
        errors = self.answer.get("errors")
        return isinstance(errors, Unreadable) or errors not in (None, {}, [], "")

    @property
    def names_errors(self) -> bool:
        """Whether `errors` holds what can only be an error."""
        errors = self.answer.get("errors")
        return bool(errors) if isinstance(errors, dict | list | str) else False

    @property
    def words(self) -> str | None:
        """The message and every error in one text."""
        message = scalars.words(self.answer.get("message")) or scalars.words(self._data_message)
        words = (message, *_error_texts(self.answer.get("errors")))
        return "; ".join(word for word in words if word) or None

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
        """Whether a transactionCode or an ExceptionString may stand anywhere, so that something may have happened."""
        return _stands(self.answer, "transactioncode") or _stands(self.answer, "exceptionstring")

    @property
    def _data_message(self) -> object:
        return self.data.get("Message", self.data.get("message"))


def _error_texts(errors: object) -> Iterator[str]:
    """The texts of a dictionary of lists, which `errors` is by public documents; lists and bare texts are read too."""
    for name, texts in errors.items() if isinstance(errors, dict) else [("", errors)]:
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str):
                yield f"{name}: {text}" if name else text


def _stands(answer: object, name: str) -> bool:
    """Whether a name, in any letter case and at any depth, may have a value that is neither null nor empty text."""
    rest = [answer]
    while rest:
        value = rest.pop()
        if isinstance(value, Unreadable):
            if value.hides:
                return True
            rest.extend(value.readings)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key.lower() == name and _holds(inner):
                    return True
                rest.append(inner)
        elif isinstance(value, list):
            rest.extend(value)
    return False


def _holds(value: object) -> bool:
    """Whether a value may be something: one that cannot be told is, unless all that it may be is nothing."""
    if isinstance(value, Unreadable):
        return not value.readings or any(map(_holds, value.readings))
    return value is not None and value != ""
