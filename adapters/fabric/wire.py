"""The answers of fabric: `{message, errors, data, status}`; each part can report a failure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway import scalars
from gateway.lenient import Unreadable


@dataclass(frozen=True, slots=True)
class Envelope:
    """The JSON object of one answer; the adapter judges it. Unreadable values are None."""

    answer: Mapping[str, Any]

    @property
    def status(self) -> int | None:
        """The status in the body; None if it is missing or unreadable."""
        return scalars.whole(self.answer.get("status"))

    @property
    def has_no_status(self) -> bool:
        """Whether the body has no status at all."""
        return self.answer.get("status") is None

    def status_within(self, low: int, high: int) -> bool:
        """Whether the status in the body is in the range from `low` to `high`."""
        return self.status is not None and low <= self.status <= high

    @property
    def message(self) -> str | None:
        """The vendor's message about the call."""
        return scalars.text(self.answer.get("message"))

    @property
    def data(self) -> Mapping[str, Any]:
        """The result of the adjustment; empty if it is not an object."""
        data = self.answer.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def rows(self) -> list[Mapping[str, Any]] | None:
        """The results of an inquiry; None if they are not a list of objects."""
        rows = self.answer.get("data")
        return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else None

    @property
    def data_message(self) -> str | None:
        """The vendor's message about the points: `Message` as in its sample, or `message` as in the envelope."""
        return scalars.text(self._data_message)

    @property
    def future_date(self) -> bool | None:
        """The `futureDate` of `data`; the vendor does not document its meaning."""
        return scalars.flag(self.data.get("futureDate"))

    @property
    def transaction_code(self) -> str | None:
        """The `transactionCode` of `data`; None if it is blank, zero or negative."""
        code = scalars.text(self.data.get("transactionCode"))
        number = scalars.number(code)
        return code if code and code.strip() and (number is None or number > 0) else None

    @property
    def has_errors(self) -> bool:
        """Whether `errors` is not empty, or is unreadable."""
        errors = self.answer.get("errors")
        return isinstance(errors, Unreadable) or errors not in (None, {}, [], "")

    @property
    def names_errors(self) -> bool:
        """Whether `errors` certainly contains an error."""
        errors = self.answer.get("errors")
        return bool(errors) if isinstance(errors, dict | list | str) else False

    @property
    def error_message(self) -> str | None:
        """The message and all errors in one text."""
        message = scalars.display_text(self.answer.get("message")) or scalars.display_text(self._data_message)
        texts = (message, *_error_texts(self.answer.get("errors")))
        return "; ".join(text for text in texts if text) or None

    @property
    def succeeded(self) -> bool:
        """Whether all parts of the body report a success; that of an adjustment also has a `transaction_code`."""
        failed = self.has_errors or _may_contain(self.answer, "exceptionstring")
        return self.status_within(200, 299) and not failed

    @property
    def refused(self) -> bool:
        """Whether this is the vendor's envelope, not just any JSON object, with a status from 400 to 499."""
        return self.status_within(400, 499) and not self.answer.keys().isdisjoint(("message", "errors", "data"))

    @property
    def acted(self) -> bool:
        """Whether a transactionCode or an ExceptionString may be anywhere in it; both hint at an effect."""
        return _may_contain(self.answer, "transactioncode") or _may_contain(self.answer, "exceptionstring")

    @property
    def _data_message(self) -> object:
        return self.data.get("Message", self.data.get("message"))


def _error_texts(errors: object) -> Iterator[str]:
    """The texts in `errors`: a dictionary of lists (public documents); lists and plain texts are read too."""
    for name, texts in errors.items() if isinstance(errors, dict) else [("", errors)]:
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str):
                yield f"{name}: {text}" if name else text


def _may_contain(answer: object, name: str) -> bool:
    """Whether a name, in any letter case and at any depth, may have a value other than null and the empty text."""
    rest = [answer]
    while rest:
        value = rest.pop()
        if isinstance(value, Unreadable):
            if value.opaque:
                return True
            rest.extend(value.readings)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key.lower() == name and _may_have_value(inner):
                    return True
                rest.append(inner)
        elif isinstance(value, list):
            rest.extend(value)
    return False


def _may_have_value(value: object) -> bool:
    """Whether a value may be other than null and the empty text; an unreadable one may, unless no reading of it is."""
    if isinstance(value, Unreadable):
        return not value.readings or any(map(_may_have_value, value.readings))
    return value is not None and value != ""
