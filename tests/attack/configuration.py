"""The configuration of a gateway under attack: six vendors behind one network, and one client."""

import json
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import UUID

from tests.attack import contacts, issuing
from tests.attack.testimony import Asked
from tests.deadlines import scaled

CLIENT_KEY = "test-key-of-the-attack-" + "0" * 24

TIMEOUT = scaled(0.3)
"""Seconds of a vendor call."""

MARGIN = scaled(0.5)
"""Seconds for which an attempt is owned past that."""

DRAIN = scaled(3)
"""Seconds of a shutdown."""

REMEMBERED = scaled(8)
"""Seconds for which a vendor that enforces idempotency says that it knows a key again."""

LENIENCE = scaled(4)
"""Seconds for which it does so longer: what left in time may be held up by the machine that all of this runs on."""

VENDORS = {
    "contact_id": "crm",
    "email": "kin",
    "profile_id": "club",
    "card": "cards",
    "slip": "slips",
    "chit": "chits",
}
"""The vendor to which each member scheme leads."""

SEARCHED = frozenset({"crm"})
"""The vendors that can be searched, and whose search is believed: in the end nothing of theirs is unknown."""

OUTAGES = 9
"""In a row, after which a vendor is left alone: rare enough, where a third of all calls are one."""


def write(folder: Path, *, store: str, vendor: int, search: bool, remembered: float = REMEMBERED) -> Path:
    """Write a configuration for a journal and for a vendor's port on this machine; gives its file.

    `search`: whether the vendor that can be asked for what is unknown is asked, and believed. `remembered`: seconds for
    which a vendor that enforces idempotency says that it knows a key again.
    """
    origin = f"http://127.0.0.1:{vendor}"
    limits = {"timeout": TIMEOUT, "max_concurrency": 12}
    crm = {
        "adapter": "contact-points",
        "base_url": origin,
        "api_key": "crm-key-for-attacks",
        "point_types": {"base": "standard"},
        "default_point_type": "base",
        "default_description": "Points adjustment",
        **limits,
    }
    searched = {"trust_absence": True} if search else {}
    credentials = {
        "token_url": f"{origin}{issuing.PATH}",
        "client_id": "club",
        "client_secret": "club-secret-of-attacks",
    }
    said = {
        "server": {
            "listen": "127.0.0.1:0",
            "drain": DRAIN,
            "log_level": "warning",
            "outages": OUTAGES,
            "repeat_wait": min(TIMEOUT, 60),
        },
        "store": store,
        "vendors": {
            "crm": {**crm, **({"account": "acme"} if search else {}), **searched},
            "kin": {**crm, "account": "kin", "resolve": ["email"], **searched},
            "club": {"adapter": "fabric", "base_url": f"{origin}/api", "client_credentials": credentials, **limits},
            "cards": {"adapter": "replaying", "base_url": origin, "remembered": remembered, **limits},
            "slips": {"adapter": "refusing", "base_url": origin, "remembered": remembered, **limits},
            "chits": {"adapter": "losing", "base_url": origin, "remembered": remembered, **limits},
        },
        "tenants": {
            "acme": {
                "routes": {
                    "adjust": [
                        {"when": {"member": [scheme]}, "vendor": name, "compensate": True}
                        for scheme, name in VENDORS.items()
                    ]
                }
            }
        },
        "clients": {
            "storefront": {"keys": [CLIENT_KEY], "tenants": ["acme"], "scopes": ["points:write", "points:read"]}
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "gateway.yaml"
    file.write_text(json.dumps(said))  # JSON is YAML
    return file


def asked(number: int, seed: int) -> Asked:
    """The adjustment of one number, which is in its member, so that the vendor's ledger tells whose effect it is."""
    random = Random(f"{seed} {number}")
    points = Decimal(random.choice((-1, 1)) * random.randint(1, 999)) / random.choice((1, 4))
    scheme = random.choice(tuple(VENDORS))
    member = f"{scheme}:{UUID(int=number) if scheme == 'profile_id' else number}"
    if scheme == "email":
        member = contacts.contact(number, merged=random.random() < 0.5)
    return Asked(f"key-{number:06}", member, points)
