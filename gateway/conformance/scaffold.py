"""The files of a new adapter that keeps every check: a folder of this project, or a package of its own.

The adapter is code, or a description of its vendor.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from string import Template

from gateway.port import PORT

GROUPS = ("points_gateway.adapters", "points_gateway.simulators", "points_gateway.examples")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_TEMPLATES = files("gateway.conformance").joinpath("templates")


class Taken(ValueError):
    """Raised when a name cannot be that of a new adapter; the message says why."""


class Scaffold:
    """A new adapter by its name, as configurations have it, such as `stamp-card`. Raises `Taken`.

    `declared`: it is a description of its vendor, without code.
    """

    def __init__(self, name: str, *, declared: bool = False) -> None:
        if name == "declared":
            raise Taken("the name 'declared' stands for all descriptions: expected one of the vendor's own")
        if not _NAME.fullmatch(name):
            raise Taken(f"{name!r} is no name of an adapter: expected words of lower-case letters joined by hyphens")
        self.name = name
        self.module = name.replace("-", "_")
        self._class_name = "".join(word.capitalize() for word in name.split("-"))
        self._declared = declared
        self._kind = "declared" if declared else "folder"
        own = f"{self._kind}/description.yaml" if declared else f"{self._kind}/adapter.py"
        self._files = (own, "folder/simulator.py", "folder/examples.py")

    def folder(self) -> Mapping[str, str]:
        """The files of an adapter in the tree, by their path in the checkout."""
        package = f"adapters.{self.module}"
        return {
            f"adapters/{self.module}/__init__.py": f'"""The adapter for {self.name}."""\n',
            **{
                f"adapters/{self.module}/{file.partition('/')[2]}": self._made(file, package)
                for file in (*self._files, "folder/README.md")
            },
            f"tests/adapters/{self.module}/test_adapter.py": self._made(f"{self._kind}/test_adapter.py", package),
        }

    def package(self) -> Mapping[str, str]:
        """The files of a package of its own, by their path in its folder."""
        package = f"points_{self.module}"
        return {
            "pyproject.toml": self._made("package/pyproject.toml", package),
            "README.md": self._made("folder/README.md", package),
            f"src/{package}/py.typed": "",
            f"src/{package}/__init__.py": f'"""The adapter for {self.name}."""\n',
            **{f"src/{package}/{file.partition('/')[2]}": self._made(file, package) for file in self._files},
            "tests/test_adapter.py": self._made(f"{self._kind}/test_adapter.py", package),
            "tests/test_conformance.py": self._made("package/test_conformance.py", package),
        }

    def registered(self, pyproject: str) -> str:
        """The text of the project's pyproject.toml with the adapter's entry points. Raises `Taken`."""
        package = f"adapters.{self.module}"
        objects = (
            self._adapter(package),
            f"{package}.simulator:{self._class_name}Simulator",
            f"{package}.examples:EXAMPLES",
        )
        for group, target in zip(GROUPS, objects, strict=True):
            section = re.search(
                rf'^\[project\.entry-points\."{re.escape(group)}"\]\n(?:[^\[\n].*\n)*', pyproject, re.MULTILINE
            )
            if section is None:
                raise Taken(f"pyproject.toml has no entry points of {group}")
            if re.search(rf"^{re.escape(self.name)} =", section.group(), re.MULTILINE):
                raise Taken(f"{self.name} is registered already")
            line = f'{self.name} = "{target}"\n'
            pyproject = pyproject[: section.end()] + line + pyproject[section.end() :]
        return pyproject

    def _adapter(self, package: str) -> str:
        return f"{package}:description.yaml" if self._declared else f"{package}.adapter:{self._class_name}"

    def _made(self, file: str, package: str) -> str:
        template = Template(_TEMPLATES.joinpath(f"{file}.txt").read_text("utf-8"))
        imported = ", ".join(sorted(("Settings", self._class_name)))
        return template.substitute(
            name=self.name,
            package=package,
            class_name=self._class_name,
            imported=imported,
            port=PORT,
            adapter=self._adapter(package),
            success="201" if self._declared else "a 2xx",
        )
