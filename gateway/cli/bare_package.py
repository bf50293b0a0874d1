"""Imports modules of a package without what the package itself imports, until something of that is asked for.

uvicorn's own module brings its command line, a supervisor and multiprocessing: 1.5 MB in every worker, which uses none.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any


def bare(name: str, **own: str) -> None:
    """Have a package stand there without its content; a first look for any makes it whole. It stays where it is loaded.

    `own`: what its modules import of the package itself, by name, each with the module that has it. Raises
    `ModuleNotFoundError` where it is not installed.
    """
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    package, loader = module_from_spec(spec), spec.loader

    def whole(attribute: str) -> Any:
        if attribute.startswith("__"):  # the import system looks for some that a package need not have
            raise AttributeError(attribute)
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, attribute)

    package.__dict__["__getattr__"] = whole
    sys.modules[name] = package
    for attribute, module in own.items():
        setattr(package, attribute, getattr(import_module(module), attribute))
