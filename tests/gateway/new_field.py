"""What holds for a field `campaign` in a copy of the project that has it; `test_new_field` runs this there.

Arguments: the names of checks. Prints a JSON object: what went wrong in each, null where nothing did.
"""

import asyncio
import json
import secrets
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

import gateway
import points_gateway_client as client
from gateway import exact, meaning
from gateway.adjustments import Draft, Record, Settlement, Verdict
from gateway.answers import rendering
from gateway.answers.rendering import final_answer
from gateway.api import reading
from gateway.api.schemas import adjustment_body
from gateway.app import Gateway
from gateway.errors import FieldNotSupported, InvalidRequest
from gateway.journal import Journal
from gateway.model import Adjustment, Member
from gateway.planning.translation import Translator
from gateway.port import Adapter, Exchange, VendorRequest, VendorSettings
from gateway.port.registry import AdapterType, adapters
from gateway.settings import load
from gateway.write import Write
from points_gateway_client.json_object import Document
from points_gateway_client.request import adjustment_body as client_body
from tests.adapters.test_field_table import test_every_cell_of_the_document_is_checked_here

COPY = Path.cwd()
DEMO = COPY / "config" / "demo.yaml"
BODY: Any = adjustment_body(list(adapters().values()))
LEAST = {"member": "contact_id:1", "points": "5"}
ASKED: Any = Adjustment(Member("contact_id", "1"), Decimal(5), campaign="spring")


class Told(Adapter[VendorSettings]):
    """An adapter of a vendor that takes the field."""

    schemes = ("contact_id",)

    def adjust(self, *, member: Member, points: Decimal, campaign: str | None = None) -> Exchange[Any]:
        """Put it in the path."""
        yield VendorRequest("POST", f"/{member.value}/{points}/{campaign}")


class Untold(Adapter[VendorSettings]):
    """An adapter of a vendor that does not take it."""

    schemes = ("contact_id",)

    def adjust(self, *, member: Member, points: Decimal) -> Exchange[Any]:
        """Put the rest in the path."""
        yield VendorRequest("POST", f"/{member.value}/{points}")


def translator(adapter: type[Adapter[Any]], **settings: Any) -> Translator:
    kind = AdapterType.of("vendor", adapter)
    given = {"adapter": "vendor", "base_url": "https://vendor.example", **settings}
    return Translator("vendor", kind, kind.settings.model_validate(given))


def read(**fields: Any) -> Any:
    return reading.body(orjson.dumps({**LEAST, **fields}), BODY).adjustment()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the copy."""
    line = [sys.executable, "-m", "gateway.cli", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def check_the_body() -> None:
    """It is read, has a bound, and null is the same as absent."""
    assert read(campaign="spring") == ASKED
    assert read(campaign=None) == read()
    for wrong in ("x" * 65, "", 5):
        with pytest.raises(InvalidRequest):
            read(campaign=wrong)


def check_the_fingerprint() -> None:
    """That of a body without the field is what it was before."""
    kept = "7d5b40f603b79c0e4a2691833aa266be1cedf95d439339777edea67fbeae32e1"
    assert meaning.fingerprint(read()) == kept
    assert meaning.fingerprint(ASKED) != kept
    assert meaning.differences(Write(read()), ASKED) == ("/campaign",)


def check_translations() -> None:
    """It is said where the signature has it, else refused by name, or left out by consent."""
    assert translator(Told).write(Write(ASKED), id="adj_1").request.path == "/1/5/spring"
    with pytest.raises(FieldNotSupported) as refused:
        translator(Untold).write(Write(ASKED), id="adj_1")
    assert [each.pointer for each in refused.value.errors] == ["/campaign"]
    translation = translator(Untold, ignore=["campaign"]).write(Write(ASKED), id="adj_1")
    assert translation.not_sent == ("campaign",)
    assert translator(Untold).write(Write(read()), id="adj_1").not_sent == ()


def check_the_journal_and_what_reads_it() -> None:
    """It is kept, and shown by the API, by the client library and by `adjustments show`, where it was used."""
    settings = load(DEMO, adapters(), {})
    shown = [asyncio.run(kept(settings.store, each)) for each in (ASKED, read())]
    assert [each.draft.adjustment for each in shown] == [ASKED, read()]
    answers = [exact.loads(rendering.adjustment(each).to_json().decode()) for each in shown]
    assert [each.get("campaign", "absent") for each in answers] == ["spring", "absent"]
    documents = [Document(each) for each in answers]
    assert [getattr(client.Adjustment.read(each), "campaign") for each in documents] == ["spring", None]  # noqa: B009
    told = command("adjustments", "show", shown[0].draft.id, "-c", str(DEMO))
    assert "campaign         spring\n" in told.stdout


async def kept(store: str, adjustment: Adjustment) -> Record:
    """A record that was claimed, settled and read back."""
    id_ = f"adj_{secrets.token_hex(16)}"
    journal = Journal.open(store, owner=id_, clock=lambda: datetime.now(UTC), render=final_answer)
    try:
        write = Write(adjustment)
        draft = Draft(
            id_, "app", "acme", id_, meaning.fingerprint(adjustment), write, "crm", "contact-points", "r", (), 9.0
        )
        record, _ = await journal.claim(draft)  # type: ignore[misc]  # there are no budgets
        await journal.conclude(Settlement(record, Verdict.APPLIED, {}))
        found = await journal.get("acme", id_)
        assert found is not None
        return found
    finally:
        await journal.close()


def check_the_document() -> None:
    """The OpenAPI document has it in the request and in the answer."""
    schemas = asyncio.run(document())["components"]["schemas"]
    for name in ("AdjustmentRequest", "AdjustmentAnswer"):
        assert "campaign" in schemas[name]["properties"]
        assert "campaign" not in schemas[name]["required"]


async def document() -> Any:
    """The OpenAPI document, as it is served."""
    made = Gateway(load(DEMO, adapters(), {}), adapters())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made.asgi), base_url="http://gateway") as caller:
        answer = await caller.get("/openapi.json")
    await made.close()
    return json.loads(answer.content)


def check_the_client() -> None:
    """The library sends it."""
    fields: Any = {"campaign": "spring"}
    assert reading.body(client_body("contact_id:1", 5, **fields), BODY).adjustment() == ASKED


def check_the_command_line() -> None:
    """`explain` takes it, and the schema of configurations lets a vendor ignore it."""
    asked = ["explain", "adjust", "-c", str(DEMO), "--tenant=acme", "--member=contact_id:1", "--points=5"]
    told = command(*asked, "--campaign=spring")
    assert (told.returncode, "campaign" in told.stderr) == (1, True)
    assert command(*asked).returncode == 0
    assert command("schema").stdout == (COPY / "config" / "gateway.schema.json").read_text()


def check_the_table_of_fields() -> None:
    """docs/api.md says which vendor is told it."""
    test_every_cell_of_the_document_is_checked_here()


def failure(check: Callable[[], None]) -> str | None:
    """What is raised by a check."""
    try:
        check()
    except BaseException:  # pytest's own failures are no Exception
        return traceback.format_exc()
    return None


if __name__ == "__main__":
    for package in (gateway, client):
        assert Path(str(package.__file__)).is_relative_to(COPY), "the project is imported, and not its copy"
    sys.stdout.write(json.dumps({name: failure(globals()[name]) for name in sys.argv[1:]}))
