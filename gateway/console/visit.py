"""One request of a signed-in operator: who it is, what was asked, and the pages that answer it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.console.forms import Form
from gateway.console.session import Session, Sessions
from gateway.console.templating import HEADERS, Templates
from gateway.errors import GatewayError
from gateway.operators.operator import Operator

_FIELD = Markup('<input type="hidden" name="token" value="{}">')


@dataclass(frozen=True, slots=True)
class Visit:
    """A request and what is known of it. `form`: the body's fields, or those of the query where there is no body."""

    request: Request
    operator: Operator
    session: Session
    sessions: Sessions
    form: Form
    templates: Templates

    @property
    def may_write(self) -> bool:
        """Whether this operator may do more than look."""
        return "operator:write" in self.operator.scopes

    @property
    def part(self) -> bool:
        """Whether a part of a page is asked for, by the page itself."""
        return "x-part" in self.request.headers

    async def page(self, name: str, values: Mapping[str, Any], *, screen: str = "", status: int = 200) -> Response:
        """A whole page, made of a template in another thread: whoever calls the API does not wait for it."""
        token = self.sessions.token(self.session.number)
        frame = {
            "operator": self.operator,
            "may_write": self.may_write,
            "screen": screen,
            "csrf": partial(_FIELD.format, token),
        }
        return html(await asyncio.to_thread(self.templates.render, name, frame | dict(values)), status)

    async def failed(self, error: GatewayError, back: str) -> Response:
        """The page of a failure, with the menu and a link to where the operator came from."""
        return await self.page("problem.html", refusal(error, back), status=error.status)

    def seen(self, path: str) -> Response:
        """Have the browser look at another page of the console, after something was done."""
        return RedirectResponse(path, 303, HEADERS)


def refusal(error: GatewayError, back: str) -> Mapping[str, Any]:
    """What the page of a failure shows; `back` is where its link leads."""
    return {"title": error.title, "detail": error.detail or error.title, "errors": error.errors, "back": back}


def html(text: str, status: int = 200) -> Response:
    """A page with the headers of every one."""
    return HTMLResponse(text, status, HEADERS)
