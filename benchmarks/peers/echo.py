"""The floor of the stack: an application that does nothing but give a body back."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    """Give the body back."""
    return Response(await request.body(), media_type="application/json")


app = Starlette(routes=[Route("/", echo, methods=["POST"])])
