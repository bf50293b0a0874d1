"""Who has signed in, in a cookie that is signed, and the tokens of forms that belong to it.

The cookie holds no secret: who signed in, how, and the number of the session. Who may do what is looked up at each
request, so that an operator who is not configured any more is out at once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

By = Literal["key", "proxy"]


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in: `name`, the operator; `by`, how; `number`, like no other one's."""

    name: str
    by: By
    number: str

    @classmethod
    def new(cls, name: str, by: By) -> "Session":
        """A session that begins now."""
        return cls(name, by, secrets.token_urlsafe(18))


class Sessions:
    """Writes and reads cookies. `keys`: the secrets, of which the first signs and all are believed.

    `seconds`: how long a session lasts.
    """

    def __init__(self, keys: Sequence[str], *, seconds: int) -> None:
        ordered = list(reversed(keys))  # the library signs by the last
        self.seconds = seconds
        self._cookies = URLSafeTimedSerializer(ordered, salt="points-gateway.console.session")
        self._forms = URLSafeSerializer(ordered, salt="points-gateway.console.form")

    def cookie(self, session: Session) -> str:
        """The value of a session's cookie."""
        return str(self._cookies.dumps([session.name, session.by, session.number]))

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; None where it was not written here, or is over."""
        try:
            name, by, number = self._cookies.loads(cookie, max_age=self.seconds)
        except (BadSignature, TypeError, ValueError):
            return None
        return Session(name, by, number)

    def token(self, number: str) -> str:
        """The token of the forms of a session, by its number."""
        return str(self._forms.dumps(number))

    def owns(self, number: str, token: str) -> bool:
        """Whether a form's token is of the session with this number."""
        try:
            value: Any = self._forms.loads(token)
        except BadSignature:
            return False
        return bool(value == number)
