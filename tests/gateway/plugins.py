"""Distributions as pip would install them: a module, and a dist-info folder that says what is in it."""

from collections.abc import Mapping
from pathlib import Path

GOOD = """
from decimal import Decimal
from gateway.model import Applied, Member
from gateway.port import Adapter, Exchange, VendorRequest, VendorSettings


class Good(Adapter[VendorSettings]):
    schemes = ("email",)

    def adjust(self, *, member: Member, points: Decimal) -> Exchange[Applied]:
        yield VendorRequest("POST", "/points")
        return Applied()


class Late(Good):
    def __init__(self, settings):
        super().__init__(settings)
        raise LookupError("hidden words of " + settings.base_url)
"""
"""A module with an adapter that can be loaded, and one that cannot be made."""


def install(
    folder: Path, name: str, module: str, *, adapters: Mapping[str, str] | None = None, simulators: str = ""
) -> None:
    """Install version 1.0 of a distribution with one module, named like it; entry points by name and target."""
    stem = name.replace("-", "_")
    (folder / f"{stem}.py").write_text(module, "utf-8")
    about = folder / f"{stem}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{key} = {stem}:{target}" for key, target in (adapters or {}).items()]
    text = "[points_gateway.adapters]\n" + "\n".join(lines) + "\n"
    (about / "entry_points.txt").write_text(f"{text}[points_gateway.simulators]\n{simulators}\n")
