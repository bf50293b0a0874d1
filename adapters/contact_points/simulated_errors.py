"""The errors of the simulated vendor: `{"Message": ...}` in v1, problem details in v2 (the vendor's own client)."""

from http import HTTPStatus

from gateway.simulation import Answer, Request, jsontext


class Refusal(Exception):
    """Raised to answer a request with an error; `state` has the reasons by field."""

    def __init__(self, status: int, message: str, state: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.state = state

    def answer(self, request: Request) -> Answer:
        """The error in the shape of the API's version that the request is for."""
        if not request.path.startswith("/api/v2/"):
            return Answer.json(self.status, {"Message": self.message, **self._more("ModelState")})
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "instance": request.path,
            **self._more("errors"),
        }
        return Answer(self.status, jsontext.write(problem).encode(), "application/problem+json; charset=utf-8")

    def _more(self, name: str) -> dict[str, dict[str, list[str]]]:
        return {} if self.state is None else {name: self.state}


def invalid(state: dict[str, list[str]]) -> Refusal:
    """A request with wrong fields. Validation errors are not documented; this shape is a guess."""
    return Refusal(400, "The request is invalid.", state)


def whole(name: str, text: str) -> int:
    """An id as the vendor has them, 32 bits. Raises `Refusal`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**31):
        raise invalid({name: [f"The value '{text}' is not valid for Int32."]})
    return int(text)
