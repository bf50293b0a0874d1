"""A balance as a developer would pass it on at first: one shared client, all defaults, a few lines of translation.

No keys, no checks, no exact numbers, one vendor: it does much less than a gateway.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class State(TypedDict):
    """What requests share."""

    vendor: httpx.AsyncClient


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    """Keep one client for all requests."""
    async with httpx.AsyncClient(base_url=os.environ["VENDOR"]) as vendor:
        yield {"vendor": vendor}


async def balance(request: Request) -> Response:
    """Ask the vendor, and say it in our own words."""
    vendor: httpx.AsyncClient = request.state.vendor
    member = request.path_params["member"]
    answer = await vendor.get(f"/API/Partners/99999/Profiles/email/{member}/Points")
    answer.raise_for_status()
    said = answer.json()
    return JSONResponse(
        {
            "member": f"email:{member}",
            "available": str(said["AvailablePoints"]),
            "lifetime": str(said["TotalPoints"]),
            "updated_at": said["LastUpdated"],
        }
    )


app = Starlette(routes=[Route("/v1/members/{member}/balance", balance)], lifespan=lifespan)
