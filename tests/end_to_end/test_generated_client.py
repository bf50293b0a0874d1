"""The OpenAPI document as generators take it: it is linted, and a TypeScript client is made of it and used."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.deadlines import DEADLINE
from tests.end_to_end.caller import Caller
from tests.end_to_end.configuration import KEYS

TOOLS = Path(__file__).parents[2] / ".bench/openapi/node_modules"
CLIENT = Path(__file__).with_name("generated_client.ts")
needs_tools = pytest.mark.skipif(not (TOOLS.parent / "installed").exists(), reason="needs npm: make generators")


def run(folder: Path, *words: str | Path) -> str:
    """What a tool prints, in this folder; it has to succeed."""
    environ = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}
    done = subprocess.run(
        [*words], cwd=folder, env=environ, capture_output=True, text=True, timeout=4 * DEADLINE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def document(api: Caller, tmp_path: Path) -> Path:
    """The document of a running gateway as a file, beside what the tools need."""
    (tmp_path / "node_modules").symlink_to(TOOLS)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    file = tmp_path / "openapi.json"
    file.write_bytes(api.http.get("/openapi.json").content)
    return file


@needs_tools
def test_the_document_is_clean(document: Path) -> None:
    """The linter has neither an error nor a warning by its recommended rules, which check all examples too."""
    said = run(document.parent, TOOLS / ".bin/redocly", "lint", "--extends=recommended", document.name)
    assert "Your API description is valid" in said
    assert "warning" not in said.replace("Deprecation warning", "")


@needs_tools
def test_a_generated_client_is_used(document: Path, url: str) -> None:
    """A client that is made of it compiles strictly, tells outcomes by `status` and problems by `code`, and works."""
    folder = document.parent
    run(folder, TOOLS / ".bin/openapi-typescript", document.name, "-o", "schema.ts")
    (folder / "client.ts").write_bytes(CLIENT.read_bytes())
    (folder / "process.d.ts").write_text("declare const process: { argv: string[] };")
    options = ["--strict", "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler"]
    options += ["--skipLibCheck", "--lib", "es2022,dom"]
    run(folder, TOOLS / ".bin/tsc", *options, "client.ts", "process.d.ts")
    said = json.loads(run(folder, "node", "client.js", url, KEYS["storefront"]))
    assert said == {
        "first": "done: 5",
        "again": "done: 5",
        "reused": "idempotency_key_reused 422",
        "available": said["available"],
    }
    assert said["available"] is not None
