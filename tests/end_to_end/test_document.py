"""The OpenAPI document: valid, and true of the gateway that serves it."""

import re
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator
from openapi_pydantic import OpenAPI
from schemathesis.specs.openapi.definitions import OPENAPI_31

from tests.end_to_end import schemathesis_hooks
from tests.end_to_end.caller import Caller
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.vendors import Vendors

SETTINGS = f"""
hooks = "{schemathesis_hooks.__file__}"

# Every check is on; two of them have to know more than a schema says.
[checks]
# 422: whether a member, a field or an operation can be said depends on the tenant's routes and the vendor behind them.
# 410: an event that was generated is none that there was.
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "410", "422", "502", "503", "504"]
# 502, 503 and 504 tell of a vendor, here of one that knows no generated member; 500, a fault of ours, stays a finding.
not_a_server_error.expected-statuses = ["2xx", "4xx", "502", "503", "504"]
"""
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def test_it_is_openapi_31(api: Caller) -> None:
    """The document is what the OpenAPI Initiative's own schema of 3.1 takes, and every schema in it is one."""
    document = api.contract.document
    Draft202012Validator(OPENAPI_31).validate(document)
    OpenAPI.model_validate(document)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_schema_is_used_and_found(api: Caller) -> None:
    """No reference leads nowhere, and no schema stands there for nothing."""
    document = api.contract.document
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named == set(document["components"]["schemas"])


def test_every_operation_has_a_name_of_its_own(api: Caller) -> None:
    """Operation ids are there for generated clients: one each, and stable in form."""
    names = [
        operation["operationId"] for item in api.contract.document["paths"].values() for operation in item.values()
    ]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_nothing_found_by_generated_requests(api: Caller, vendors: Vendors, url: str, tmp_path: Path) -> None:
    """Whatever can be generated from the document is answered as the document says."""
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS)
    command: list[str | Path] = [SCHEMATHESIS, "--config-file", settings, "run", f"{url}/openapi.json"]
    command += ["--header", f"Authorization: Bearer {KEYS['anywhere']}", "--header", "X-Tenant: acme"]
    command += ["--seed", "1", "--max-examples", "20", "--generation-database", "none", "--no-color", "--checks", "all"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
