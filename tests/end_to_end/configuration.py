"""The configuration that the tests run with: several clients and tenants, and each vendor in several tempers."""

from typing import Any

from tests.deadlines import scaled
from tests.end_to_end.vendors import Vendor, Vendors

HASTY = scaled(0.5)
"""Seconds after which a hasty vendor call is given up."""

PATIENT = scaled(10)
"""Seconds after which any other is."""

DRAIN = scaled(8)
"""Seconds of a shutdown."""

KEYS = {name: f"test-key-of-{name}-" + "0" * 24 for name in ("storefront", "kiosk", "anywhere", "reader", "writer")}
KEYS["resolver"] = "test-key-of-resolver-" + "0" * 24

STRANGERS = {"anonymous_rate": "999999/second", "wrong_key_rate": "999999/second"}
"""All tests come from one address; but for those of these bounds, it may ask as often as it likes."""


def configuration(vendors: Vendors, *, nowhere: str) -> dict[str, Any]:
    """A whole configuration. `nowhere` is an origin where nobody listens."""
    by_member = [
        {"when": {"member": ["contact_id"]}, "vendor": "crm"},
        {"when": {"member": ["profile_id"]}, "vendor": "club"},
        {"when": {"member": ["email"]}, "vendor": "arcade"},
    ]
    return {
        # No vendor is left alone for its faults, and no repeat waits but in the tests of that.
        "server": {"listen": "127.0.0.1:0", "drain": DRAIN, "outages": 0, "repeat_wait": 0, **STRANGERS},
        "store": "sqlite:///journal.db",
        "vendors": {
            "arcade": {**_with_timeout(vendors.arcade), "ignore": ["reason", "reference", "store"]},
            "arcade_hasty": {"extends": "arcade", "timeout": HASTY},
            "arcade_gone": {"extends": "arcade", "base_url": f"{nowhere}/API"},
            "arcade_locked_out": {"extends": "arcade", "api_key": "an-outdated-key"},
            "club": _with_timeout(vendors.club),
            "club_hasty": {"extends": "club", "timeout": HASTY},
            "club_consenting": {"extends": "club", "ignore": ["description", "reference", "store"]},
            "crm": {**_with_timeout(vendors.crm), "account": None},  # without an account, nothing is searched for
            "crm_hasty": {"extends": "crm", "timeout": HASTY},
            "perks": _with_timeout(vendors.perks),
            "perks_xml": {"extends": "perks", "format": "xml"},
            "perks_hasty": {"extends": "perks", "timeout": HASTY},
            "perks_gone": {"extends": "perks", "base_url": nowhere},
        },
        "tenants": {
            "acme": {"routes": {"adjust": by_member, "balance": "arcade", "expiring": "perks", "lookup": "club"}},
            "hasty": {
                "routes": {
                    "adjust": [{**rule, "vendor": f"{rule['vendor']}_hasty"} for rule in by_member],
                    "balance": "arcade_hasty",
                    "expiring": "perks_hasty",
                }
            },
            "cached": {
                "routes": {
                    "adjust": "arcade_hasty",
                    "balance": {"vendor": "arcade_hasty", "cache": 3600},
                    "expiring": "perks_xml",
                }
            },
            "gone": {"routes": {"adjust": "arcade_gone", "balance": "arcade_gone", "expiring": "perks_gone"}},
            "locked_out": {"routes": {"adjust": "arcade_locked_out"}},
            "outlet": {"routes": {"adjust": "club_consenting"}},
            "listed": {"routes_from": "acme"},
            "silent": {"routes": {"expiring": "perks"}},
        },
        "clients": {
            "storefront": _client("storefront", ["acme"], "read", "write"),
            "kiosk": _client("kiosk", ["acme"], "read", "write"),
            "anywhere": _client("anywhere", ["*"], "read", "write", "resolve", "inspect"),
            "reader": _client("reader", ["acme"], "read"),
            "writer": _client("writer", ["acme"], "write"),
            "resolver": _client("resolver", ["acme"], "resolve"),
        },
    }


def _with_timeout(vendor: Vendor) -> dict[str, Any]:
    return {**vendor.simulator.settings, "timeout": PATIENT}


def _client(name: str, tenants: list[str], *scopes: str) -> dict[str, Any]:
    return {"keys": [KEYS[name]], "tenants": tenants, "scopes": [f"points:{scope}" for scope in scopes]}
