"""The fuzz run: `python -m tests.fuzz.run --inputs 20000`. Ends with exit code 1 on any finding.

Prints what was tried, and what reached a vendor that may not, crashed, leaked or starved a good caller.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from secrets import randbelow
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.deadlines import DEADLINE, scaled
from tests.end_to_end.configuration import STRANGERS
from tests.end_to_end.process import GatewayProcess
from tests.fuzz.garbler import Garbler, garbling
from tests.fuzz.seeds import KEYS, MARK, requests
from tests.fuzz.strike import Figures, Target, marked, strike
from tests.memory import resident
from tests.plain import PLAIN

SECRETS = {name: f"vendor-secret-of-{name}-5d1c9a" for name in ("arcade", "club", "perks", "crm")}
OURS = ("a fault of the gateway", "an attempt could not be concluded", "Traceback")
"""What the log says where something was not foreseen."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a run, and what the vendor and the process say of it."""

    figures: Figures
    forged: int
    """Requests that reached a vendor from who has no key, or not for that tenant."""
    reached: int
    faults: tuple[str, ...]
    """Lines of the log that are faults of the gateway, and those that hold a secret."""
    exit_code: int
    grown: float
    """Megabytes that the process has grown by."""

    @property
    def findings(self) -> list[str]:
        """What must not have come of it; each in a line."""
        figures = self.figures
        found = [f"crashed: {raw!r}" for raw in figures.crashed] + [f"leaked: {raw!r}" for raw in figures.leaked]
        found += [f"logged: {line}" for line in self.faults]
        counted = {"forged": self.forged, "starved": figures.starved, "exit code": self.exit_code}
        return found + [f"{name}: {count}" for name, count in counted.items() if count]

    def table(self) -> str:
        """The figures as a table in Markdown."""
        figures = self.figures
        waits = sorted(figures.waits)
        rows: dict[str, object] = {
            "inputs tried": figures.tried.total(),
            **{f"... {whose}": count for whose, count in sorted(figures.tried.items())},
            **{f"answers {status}": count for status, count in sorted(figures.answers.items())},
            "requests that reached a vendor": self.reached,
            "... from who has no right to it": self.forged,
            "crashed": len(figures.crashed) + len(self.faults),
            "leaked": len(figures.leaked),
            "calls of a good caller beside": len(waits),
            "... the longest wait, ms": round(waits[-1] * 1000),
            "... starved": figures.starved,
            "megabytes grown": round(self.grown, 1),
        }
        return "\n".join(["| figure | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows.items())])


def configuration(garbler: Garbler) -> dict[str, Any]:
    """Three tenants, each with vendor accounts of its own at one garbler."""
    vendors: dict[str, Any] = {}
    tenants: dict[str, Any] = {}
    for tenant in ("acme", "neighbour", "guarded"):
        for name, entry in _vendors(f"{garbler.origin}/{tenant}").items():
            vendors[f"{tenant}_{name}"] = {**entry, "timeout": scaled(2), "allow_http": True}
        adjust = [
            {"when": {"member": ["contact_id"]}, "vendor": f"{tenant}_crm"},
            {"when": {"member": ["profile_id"]}, "vendor": f"{tenant}_club"},
            {"vendor": f"{tenant}_arcade"},
        ]
        expiring = [{"when": {"member": ["phone"]}, "vendor": f"{tenant}_perks_xml"}, {"vendor": f"{tenant}_perks"}]
        routes = {"adjust": adjust, "balance": f"{tenant}_arcade", "expiring": expiring}
        tenants[tenant] = {"routes": routes}
    clients = {"app": ["acme"], "neighbour": ["neighbour"], "owner": ["guarded"]}
    return {
        "server": {"listen": "127.0.0.1:0", "drain": scaled(5), "outages": 0, "repeat_wait": 0, **STRANGERS},
        "store": "sqlite:///journal.db",
        "vendors": vendors,
        "tenants": tenants,
        "clients": {name: _client(name, tenants) for name, tenants in clients.items()},
    }


def _vendors(origin: str) -> Mapping[str, dict[str, Any]]:
    crm = {"point_types": {"base": "standard"}, "default_point_type": "base", "default_description": "Points"}
    perks = {"adapter": "expiring-points", "base_url": origin, "token": SECRETS["perks"], "loyalty_program_id": 1}
    perks |= {"point_types": {"base": {"iid": 1}}, "default_point_type": "base"}
    arcade = {"adapter": "iactionable", "base_url": f"{origin}/API", "partner_id": 1, "api_key": SECRETS["arcade"]}
    club = {"adapter": "fabric", "base_url": f"{origin}/api", "token": SECRETS["club"], "billing_entity": "Company"}
    return {
        "arcade": {**arcade, "ignore": ["reason", "reference", "store"]},
        "club": {**club, "point_types": {"base": "Base"}, "ignore": ["description", "reference", "store"]},
        "crm": {"adapter": "contact-points", "base_url": origin, "api_key": SECRETS["crm"], "account": "a", **crm},
        "perks": perks,
        "perks_xml": {**perks, "format": "xml"},
    }


def _client(name: str, tenants: list[str]) -> dict[str, Any]:
    scopes = ["points:read", "points:write", "points:resolve", "points:inspect"]
    return {"keys": [KEYS[name]], "tenants": tenants, "scopes": scopes}


def run(inputs: int, seed: int, folder: Path) -> Outcome:
    """Start a gateway before a garbler, strike it, and see what came of it."""
    random = Random(seed)
    with garbling(random) as garbler:
        gateway = GatewayProcess(folder, configuration(garbler))
        try:
            url = gateway.serving()
            guarded = _guarded(url)
            garbler.reached.clear()
            secrets = marked((*SECRETS.values(), *KEYS.values()))
            target = Target(urlsplit(url).port or 0, requests(guarded.encode()), secrets)
            figures = Figures()
            before = resident(gateway.pid)
            asyncio.run(strike(target, inputs, random, figures))
            grown = resident(gateway.pid) - before
        finally:
            exit_code = gateway.stop()
        reads = sum(1 for _ in figures.waits[::2])
        forged = garbler.strangers + max(0, garbler.reached["guarded"] - reads)
        lines = [line for line in gateway.lines if any(words in line for words in (*OURS, *SECRETS.values()))]
        return Outcome(figures, forged, garbler.reached.total() - reads, tuple(lines), exit_code, grown)


def _guarded(url: str) -> str:
    """Make the adjustment that nobody else may see; gives its id."""
    headers = {"Authorization": f"Bearer {KEYS['owner']}", "Idempotency-Key": "guarded-1"}
    body = {"member": "email:jason@example.com", "points": "5", "reference": MARK}
    with httpx.Client(trust_env=False, verify=PLAIN, timeout=DEADLINE) as http:
        answer = http.post(f"{url}/v1/adjustments", headers=headers, json=body)
    assert answer.status_code == 201, answer.text
    return str(json.loads(answer.text)["id"])


def main() -> None:
    """Read the command line, strike, and say what came of it."""
    parser = argparse.ArgumentParser(description="Damaged requests and damaged vendor answers.")
    parser.add_argument("--inputs", type=int, default=20_000, help="How many damaged requests.")
    parser.add_argument("--seed", type=int, default=randbelow(1_000_000), help="By default another each time.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(chosen.inputs, chosen.seed, Path(folder))
    print(outcome.table())  # noqa: T201
    print(f"\nseed {chosen.seed}")  # noqa: T201
    if outcome.findings:
        sys.exit("\n".join(outcome.findings[:20]))


if __name__ == "__main__":
    main()
