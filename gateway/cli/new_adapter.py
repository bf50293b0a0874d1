"""`new-adapter`: begin an adapter that keeps every check, in this project or as a package of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import fail
from gateway.conformance.scaffold import Scaffold, Taken


def new_adapter(
    name: Annotated[str, typer.Argument(help="The name that configurations use, such as stamp-card.")],
    package: Annotated[
        bool, typer.Option("--package", help="Make a package of its own, in a folder points-gateway-NAME.")
    ] = False,
    declared: Annotated[
        bool, typer.Option("--declared", help="Describe the vendor by YAML, without code for its adapter.")
    ] = False,
    folder: Annotated[
        Path, typer.Option(help="Where to make it: a checkout of the project or, of a package, the folder above it.")
    ] = Path(),
) -> None:
    """Begin an adapter: a small one that keeps every check, with its simulator, tests and page, to be changed.

    With --declared a description.yaml stands in place of its code; the simulator that plays the vendor is code still.
    Without --package it is a folder of adapters/ in a checkout of the project, and registered in its pyproject.toml.

    Example: points-gateway new-adapter my-adapter
    """
    try:
        scaffold = Scaffold(name, declared=declared)
        if package:
            root = folder / f"points-gateway-{name}"
            _write(root, scaffold.package())
            _say(
                f"cd {root}",
                "pip install -e '.[dev]'    # beside the gateway, in the same environment",
                f"points-gateway conform {name}",
                "pytest && mypy",
            )
            return
        project = folder / "pyproject.toml"
        if not (folder / "adapters").is_dir() or not project.is_file():
            fail("adapters/ is not here: run this in a checkout of the project, or make a package with --package")
        registered = scaffold.registered(project.read_text("utf-8"))
        _write(folder, scaffold.folder())
        project.write_text(registered, "utf-8")
        _say("make check                 # installs its entry points", f"points-gateway conform {name}", "make vendors")
    except (Taken, OSError) as error:
        fail(str(error))


def _write(root: Path, made: Mapping[str, str]) -> None:
    """Write new files. Raises `Taken` if one of them is there."""
    for path in made:
        if (root / path).exists():
            raise Taken(f"{root / path} is there already")
    for path, text in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
        terminal.report(f"{root / path}")


def _say(*commands: str) -> None:
    terminal.report("Next:")
    for command in commands:
        terminal.report(f"  {command}")
