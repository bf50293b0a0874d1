"""What an adapter is made of, as a digest: a trial at a real account was one of these files, and of no later ones."""

import inspect
from hashlib import sha256
from pathlib import Path

from gateway.port.registry import AdapterType


def made_of(kind: AdapterType) -> str:
    """The digest of a description, or of an adapter's modules; its simulator and its examples are not among them."""
    if kind.settings.made_of:
        return kind.settings.made_of
    digest = sha256()
    for path in _modules(Path(inspect.getfile(kind.adapter))):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def _modules(own: Path) -> list[Path]:
    if not (own.parent / "__init__.py").exists():
        return [own]
    found = sorted(own.parent.glob("*.py"))
    return [path for path in found if not path.name.startswith("simulat") and path.name != "examples.py"]
