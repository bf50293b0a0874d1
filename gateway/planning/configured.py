"""What decides and translates as a configuration says, without anything that sends or keeps."""

from collections.abc import Mapping

from gateway.planning.fresh import Source
from gateway.planning.planning import Planner
from gateway.planning.routing import Router
from gateway.planning.translation import Translator
from gateway.port.registry import AdapterType
from gateway.settings import Settings


def configured(settings: Settings, kinds: Mapping[str, AdapterType]) -> list[AdapterType]:
    """The adapters that vendors of a configuration have, in the order of their names."""
    found = {kind.name: kind for kind in (settings.kind(name, kinds) for name in settings.vendors)}
    return [found[name] for name in sorted(found)]


def planner(settings: Settings, kinds: Mapping[str, AdapterType], source: Source = Source()) -> Planner:  # noqa: B008 (frozen)
    """The planner of a configuration. `source`: of what is new in each exchange."""
    translators = {
        name: Translator(name, settings.kind(name, kinds), each, source=source)
        for name, each in settings.vendors.items()
    }
    return Planner(Router(settings.tenants), translators)
