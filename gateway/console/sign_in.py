"""Signing in and out: by an operator's key, or by what a trusted proxy says of who asks."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.console.forms import posted
from gateway.console.session import Session, Sessions
from gateway.console.templating import HEADERS, Templates
from gateway.console.visit import Visit, html
from gateway.errors import RateLimited, Unauthenticated
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.operators.sessions import began, ended, is_ended
from gateway.operators.signing_in import SigningIn

COOKIE, FORM_COOKIE = "points_console", "points_console_form"
PATH = "/console"
_OURS = re.compile(r"/console/[A-Za-z0-9_.~%/?&=:@+,-]*\Z")
_Entered = tuple[Operator, Session, Sessions]


class SignIn:
    """Knows who visits the console. `operators` finds who is configured."""

    def __init__(self, desk: Desk, operators: SigningIn, templates: Templates) -> None:
        self._desk = desk
        self._operators = operators
        self._templates = templates
        self._own_secret = secrets.token_urlsafe(32)

    @property
    def _sessions(self) -> Sessions:
        """By the configuration that serves; without a secret in it, sessions are of this process alone."""
        admin = self._operators.admin
        keys = [each.reveal() for each in admin.session_secrets] or [self._own_secret]
        return Sessions(keys, seconds=int(admin.session))

    async def visitor(self, request: Request) -> _Entered | Response:
        """Who visits, or the page to answer with where that is nobody."""
        if not self._operators.configured:
            return await self._page("not_configured.html", {}, 503)
        sessions = self._sessions
        proxied = self._operators.by_proxy(request.headers, _host(request))
        session = sessions.read(request.cookies.get(COOKIE, ""))
        if session is not None and session.by == "proxy" and (proxied is None or proxied.name != session.name):
            session = None  # the proxy has to vouch for each request
        if session is not None:
            operator = self._operators.named(session.name, session.by)
            if operator is not None and not await is_ended(self._desk, session.number):
                return operator, session, sessions
        if proxied is not None and request.method == "GET":
            session = Session.new(proxied.name, "proxy")
            await began(self._desk, proxied, session.number)
            request.state.begun = sessions.cookie(session)
            return proxied, session, sessions
        if "x-part" in request.headers:
            return Response(status_code=401, headers=HEADERS)
        return RedirectResponse(f"{PATH}/sign-in?next={quote(_target(request), safe='')}", 303, HEADERS)

    def remembered(self, page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The page, with the cookie of a session that began with it."""

        async def remembered(request: Request) -> Response:
            response = await page(request)
            if (begun := getattr(request.state, "begun", None)) is not None:
                _set(response, request, COOKIE, begun, int(self._operators.admin.session))
            return response

        return remembered

    async def ask(self, request: Request) -> Response:
        """GET /console/sign-in."""
        if not self._operators.configured:
            return await self._page("not_configured.html", {}, 503)
        return await self._asked(request, next_=request.query_params.get("next", ""))

    async def enter(self, request: Request) -> Response:
        """POST /console/sign-in: a session for who has a key. Raises `RateLimited` after too many wrong ones."""
        form = await posted(request)
        number, sessions = request.cookies.get(FORM_COOKIE, ""), self._sessions
        if not number or not sessions.owns(number, form.text("token")):
            return await self._asked(request, form.text("next"), "The page was too old. Please try again.", 403)
        try:
            peer = self._operators.peer(_host(request), request.headers)
            operator = self._operators.by_key(form.text("key"), peer)
        except (Unauthenticated, RateLimited) as error:
            return await self._asked(request, form.text("next"), f"{error.detail}.", error.status)
        session = Session.new(operator.name, "key")
        await began(self._desk, operator, session.number)
        target = form.text("next")
        response = RedirectResponse(target if _OURS.match(target) else f"{PATH}/", 303, HEADERS)
        _set(response, request, COOKIE, sessions.cookie(session), sessions.seconds)
        response.delete_cookie(FORM_COOKIE, PATH)
        return response

    async def leave(self, visit: Visit) -> Response:
        """POST /console/sign-out: end the session, for whoever has a copy of its cookie too."""
        await ended(self._desk, visit.operator, visit.session.number)
        response = RedirectResponse(f"{PATH}/sign-in?signed_out=1", 303, HEADERS)
        response.delete_cookie(COOKIE, PATH)
        return response

    async def _asked(self, request: Request, next_: str, problem: str = "", status: int = 200) -> Response:
        number = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(18)
        values = {
            "token": self._sessions.token(number),
            "next": next_ if _OURS.match(next_) else "",
            "problem": problem,
            "signed_out": "signed_out" in request.query_params,
        }
        response = await self._page("sign_in.html", values, status)
        _set(response, request, FORM_COOKIE, number, None)
        return response

    async def _page(self, name: str, values: dict[str, Any], status: int) -> Response:
        return html(await asyncio.to_thread(self._templates.render, name, {"operator": None, **values}), status)


def _set(response: Response, request: Request, name: str, value: str, seconds: int | None) -> None:
    """Set a cookie that no script reads and no other site sends; where the browser speaks TLS, over TLS alone."""
    # A header that claims TLS where there is none only keeps its own sender from signing in.
    encrypted = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    response.set_cookie(name, value, seconds, path=PATH, secure=encrypted, httponly=True, samesite="strict")


def _host(request: Request) -> str:
    """The socket's address."""
    return request.client.host if request.client else ""


def _target(request: Request) -> str:
    """The page that was asked for, where it can be asked for again."""
    query = request.url.query
    return f"{request.url.path}{'?' if query else ''}{query}" if request.method == "GET" else f"{PATH}/"
