"""Which application has a path, and what its parameters are."""

import asyncio
from typing import Any

import pytest

from gateway.api.paths import Paths

TEMPLATES = (
    "/v1/adjustments",
    "/v1/adjustments/preview",
    "/v1/adjustments/{id}",
    "/v1/adjustments/{id}/reversal",
    "/v1/members/{member}",
    "/v1/members/{member}/balance",
)


def routed(path: str) -> tuple[str, Any]:
    """The template that has a path, `rest` where none has, and the parameters."""
    taken: list[str] = []

    def app(name: str) -> Any:
        async def noted(*_: Any) -> None:
            taken.append(name)

        return noted

    scope = {"type": "http", "raw_path": path.encode("latin-1")}
    paths = Paths({each: app(each) for each in TEMPLATES}, rest=app("rest"))
    asyncio.run(paths(scope, app("receive"), app("send")))
    (template,) = taken
    return template, scope.get("path_params")


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/v1/adjustments", "/v1/adjustments", {}),
        ("/v1/adjustments/preview", "/v1/adjustments/preview", {}),
        ("/v1/adjustments/adj_1", "/v1/adjustments/{id}", {"id": "adj_1"}),
        ("/v1/adjustments/preview/reversal", "/v1/adjustments/{id}/reversal", {"id": "preview"}),
        ("/v1/members/email:a%2Fb/balance", "/v1/members/{member}/balance", {"member": "email:a%2Fb"}),
        ("/v1/members/{member}/balance", "/v1/members/{member}/balance", {"member": "{member}"}),
        ("/v1/members/balance", "/v1/members/{member}", {"member": "balance"}),
    ],
)
def test_a_path_of_the_api(path: str, template: str, parameters: dict[str, str]) -> None:
    """A fixed name comes first; a parameter is one segment, in its encoded form."""
    assert routed(path) == (template, parameters)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "", "/v1/adjustments/", "/v1//balance", "/v1/members//balance", "/v1/members/a/b/balance"),
        *("/v2/adjustments", "/v1/members/a/balance/", "//v1/adjustments", "/V1/adjustments", "http://host/v1/wallet"),
    ],
)
def test_any_other_path_is_the_rests(path: str) -> None:
    """An empty segment is no parameter, and nothing is completed or corrected."""
    assert routed(path) == ("rest", None)
