"""A client and a tenant get other names: their keys stay theirs, if the configuration says what they were."""

import json
from collections.abc import Callable
from typing import Any

from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.nursery import PROGRAM, nursery

FIVE = {"member": "contact_id:1", "points": "5"}


def renamed(configured: Callable[..., dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The sections of a configuration in which one client and its tenant have other names."""
    whole = configured()
    tenants = {"acme2" if name == "acme" else name: each for name, each in whole["tenants"].items()}
    tenants["listed"] = {"routes_from": "acme2"}
    clients = {
        "shop" if name == "storefront" else name: {
            **each, "tenants": ["acme2" if tenant == "acme" else tenant for tenant in each["tenants"]]
        }
        for name, each in whole["clients"].items()
    }  # fmt: skip
    tenants["acme2"] = {**tenants["acme2"], **more.get("tenant", {})}
    clients["shop"] = {**clients["shop"], **more.get("client", {})}
    return {"tenants": tenants, "clients": clients}


def test_a_start_with_silent_renames_is_refused(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
) -> None:
    """It names both and their lines, and `check` says the same; with `was` a repeat is the answer that was given."""
    first = start()
    storefront = calling(first).acting(client="storefront")
    before = storefront.adjust(FIVE, key="key-0")
    assert before.status_code == 201
    first.stop()

    refused = start(**renamed(configured))
    assert refused.ended() == 1
    checked = nursery().run(PROGRAM, "check", "--config", refused.folder / "gateway.yaml")
    problems = [json.loads(line) for line in refused.lines]
    logged = "\n".join(f"{each['where']}: {each['error']}" for each in problems if "where" in each)
    for said in (logged, checked.err.decode()):
        assert "tenants.acme2: it is new, and 'acme' is gone, which had the same routes" in said
        assert "clients.shop: it has a key of 'storefront'" in said
        assert "the line  was: storefront" in said
    places = {(each["file"], each["line"]) for each in problems if "where" in each}
    assert places == {(str(refused.folder / "gateway.yaml"), 1)}

    telling = start(**renamed(configured, tenant={"was": "acme"}, client={"was": "storefront"}))
    again = calling(telling).acting(client="storefront", tenant="acme2")
    repeat = again.adjust(FIVE, key="key-0")
    assert (repeat.status_code, repeat.content) == (201, before.content)
    fresh = again.adjust(FIVE, key="key-1").json()
    assert (fresh["tenant"], fresh["client"]) == ("acme", "storefront")
    assert len(vendors.crm.effects) == 2
