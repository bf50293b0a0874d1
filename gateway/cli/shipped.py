"""The configurations that come with the gateway: those of a checkout, else those that its distribution brought."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

_PROJECT = Path(__file__).parents[2]
_FOLDER = "points-gateway"
"""Where a distribution puts them, under `share` of the environment."""


def shipped(name: str) -> Path | None:
    """The file of that name, such as `demo.yaml`; None where this installation has none."""
    if (_PROJECT / "pyproject.toml").is_file():
        checked_out = _PROJECT / "config" / name
        return checked_out if checked_out.is_file() else None
    try:
        brought = files("points-gateway") or ()
    except PackageNotFoundError:
        return None
    found = (Path(str(each.locate())) for each in brought if each.parts[-2:] == (_FOLDER, name))
    return next((each.resolve() for each in found if each.is_file()), None)
