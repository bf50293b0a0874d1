"""The pages of the client library say what it is."""

import re
from pathlib import Path

import points_gateway_client
from points_gateway_client import FakePoints, PointsClient
from tests.client.reference import reference

CLIENT = Path(__file__).parents[2] / "client"


def test_the_reference_is_what_the_docstrings_say() -> None:
    """`make reference` writes it, and was run after the last change."""
    assert (CLIENT / "REFERENCE.md").read_text("utf-8") == reference()


def test_the_reference_has_every_name() -> None:
    """Each class that is exported is in it, with each method of a client and of the fake."""
    page = reference()
    kinds = [name for name in points_gateway_client.__all__ if isinstance(getattr(points_gateway_client, name), type)]
    assert [name for name in kinds if not re.search(rf"^(### |\| `){name}\b", page, re.MULTILINE)] == []
    for kind in (PointsClient, FakePoints):
        methods = [name for name in dir(kind) if name[0] != "_" and name not in ("close", "aclose", "emits_trace")]
        own = [name for name in methods if not name.startswith("handle_")]
        assert [name for name in own if f"#### {kind.__name__}.{name}\n" not in page] == []


def test_the_example_of_the_readme_runs() -> None:
    """The code in the README works against the fake, as it stands."""
    for code in re.findall(
        r"^```python\n(.*?)^```$", (CLIENT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        if "FakePoints" in code:
            names: dict[str, object] = {}
            exec(code, names)
            for name in [name for name in names if name.startswith("test_")]:
                names[name]()  # type: ignore[operator]
