"""The section `vendors`: which adapter, its own settings, and what one entry takes over from another."""

import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.port import VendorSettings
from gateway.port.declaration import faults
from gateway.port.echoes import ordinary
from gateway.port.installed import NotLoadable
from gateway.port.registry import AdapterType
from gateway.port.settings import NEVER_SENT
from gateway.settings import certificates
from gateway.settings.entry import Entry, validated
from gateway.settings.expand import Broken
from gateway.settings.explain import unknown_name
from gateway.settings.problem import Problem

_OFTEN_APPLIED = (408, 500, 502, 504)
_AFTER = "where they were, they are changed twice"
_DEFAULTS = (("default_point_type", "point_types"), ("default_reason", "reasons"))


def kinds(
    entries: Mapping[str, Entry], adapters: Mapping[str, AdapterType], problems: list[Problem]
) -> dict[str, AdapterType]:
    """The adapter of every vendor, of complete entries; one that cannot be loaded is told where it is first named.

    Of `adapters`, which may load them as they are asked for, none is that no entry names.
    """
    found: dict[str, AdapterType] = {}
    broken: set[str] = set()
    for name, entry in entries.items():
        adapter = _adapter(entry, adapters, problems)
        if adapter not in adapters or adapter in broken:
            continue
        try:
            found[name] = adapters[adapter]
        except NotLoadable as error:
            broken.add(adapter)
            problems.append(entry.problem(("adapter",), str(error)))
    return found


def vendors(
    entries: Mapping[str, Entry], kinds: Mapping[str, AdapterType], problems: list[Problem]
) -> dict[str, VendorSettings]:
    """Every vendor that fits its adapter's settings, of complete entries; what is wrong is added to `problems`."""
    found: dict[str, VendorSettings] = {}
    for name, kind in kinds.items():
        entry = entries[name]
        ready = _with_known_defaults(_with_files(entry, problems), kind.settings, problems)
        settings = validated(kind.settings, ready, problems, also=("extends",))
        if settings is not None:
            found[name] = settings
            problems += (entry.problem((field,), lack) for field, lack in _ordinary(settings))
            if wrong := certificates.mismatch(settings):
                problems.append(entry.problem((wrong[0],), wrong[1]))
            problems += (entry.problem(("adapter",), fault) for fault in _unusable(kind, settings))
    return found


def _ordinary(settings: VendorSettings) -> Iterator[tuple[str, str]]:
    """The fields whose secret stands in ordinary text by chance, so that it could not be masked, and what it lacks."""
    for field, secret in settings.hidden().items():
        if field not in NEVER_SENT and (lack := ordinary(secret.reveal())):
            yield field, f"expected a secret that can be told from ordinary text, to be masked there: {lack}"


def _unusable(kind: AdapterType, settings: VendorSettings) -> Iterator[str]:
    """What is wrong with the adapter that these settings make."""
    where = f" ({kind.origin})" if kind.origin else ""
    try:
        adapter = kind.adapter(settings)
    except (Exception, SystemExit) as error:
        # Not what it says: that may quote a part of a secret.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        cause = f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
        yield f"the adapter {kind.name!r} cannot be made with these settings: {cause}{where}"
        return
    by_id = "id" in kind.operations.get("adjust", ())
    for fault in faults(adapter, settings, finds=kind.found_by is not None, by_id=by_id):
        yield f"the adapter {kind.name!r} is not usable with these settings: {fault}{where}"


def doubts(entries: Mapping[str, Entry], found: Mapping[str, VendorSettings], now: float) -> list[Problem]:
    """Warnings about vendors that can be used: statuses that are vouched for, and often come after an effect.

    Also about client certificates that have expired; `now` is in seconds since 1970.
    """
    doubtful = [
        entries[name].problem(("not_applied", index), f"{status} often comes after points were changed: {_AFTER}")
        for name, settings in found.items()
        for index, status in enumerate(settings.not_applied)
        if status in _OFTEN_APPLIED
    ]
    for name, settings in found.items():
        if since := certificates.expired(settings, now):
            doubtful.append(entries[name].problem(("client_cert",), since))
    return doubtful


def complete(entries: Mapping[str, Entry], problems: list[Problem]) -> dict[str, Entry]:
    """The entries with everything that they extend written out."""
    found: dict[str, Entry] = {}
    for name, entry in entries.items():
        if not isinstance(entry.data, dict):
            problems.append(entry.problem((), "expected a mapping"))
        elif (whole := _extended(name, entries, problems)) is not None:
            found[name] = whole
    return found


def _extended(name: str, entries: Mapping[str, Entry], problems: list[Problem]) -> Entry | None:
    """The entry over its base, that over its own, and so on; None where the chain is broken."""
    own = entries[name]
    chain = [name]
    data: dict[str, Any] = {}
    origins: dict[str, Entry] = {}
    while True:
        entry = entries[chain[-1]]
        if not isinstance(entry.data, dict):
            return None
        for key, value in entry.data.items():
            if key != "extends" and key not in data:
                data[key], origins[key] = value, entry
        if "extends" not in entry.data:
            return Entry(own.document, own.path, data, origins)
        base = entry.data["extends"]
        if isinstance(base, Broken):
            return None
        if not isinstance(base, str) or base not in entries:
            problems.append(entry.problem(("extends",), unknown_name("vendor", base, list(entries))))
            return None
        if base in chain:
            # Told once for each member of the circle, at its own `extends`.
            if base == name:
                circle = " -> ".join([*chain, base])
                problems.append(own.problem(("extends",), f"vendors extend each other in a circle: {circle}"))
            return None
        chain.append(base)


def _adapter(entry: Entry, adapters: Mapping[str, AdapterType], problems: list[Problem]) -> str:
    known = list(adapters)
    name = entry.data.get("adapter")
    if "adapter" not in entry.data:
        listed = ", ".join(known) or "none"
        problems.append(
            entry.missing(("adapter",), f"expected an adapter ({listed}), or extends with the name of another vendor")
        )
    elif (not isinstance(name, str) or name not in adapters) and not isinstance(name, Broken):
        problems.append(entry.problem(("adapter",), unknown_name("adapter", name, known)))
    return name if isinstance(name, str) else ""


def _with_files(entry: Entry, problems: list[Problem]) -> Entry:
    """The entry with files of certificates as absolute paths; each is relative to the file that it stands in."""
    for field in certificates.FIELDS:
        name = entry.data.get(field)
        if not isinstance(name, str) or isinstance(name, Broken):
            continue
        path = entry.origins[field].document.folder / name
        if wrong := certificates.unusable(field, path):
            problems.append(entry.problem((field,), wrong))
        entry = entry.having(field, str(path.absolute()))
    return entry


def _with_known_defaults(entry: Entry, model: type[VendorSettings], problems: list[Problem]) -> Entry:
    """The entry, where each default is one of the names that the table beside it maps."""
    for name, table in _DEFAULTS:
        default, known = entry.data.get(name), entry.data.get(table, {})
        if not {name, table} <= model.model_fields.keys() or not isinstance(known, dict):
            continue
        if isinstance(default, str) and not isinstance(default, Broken) and default not in known:
            listed = ", ".join(known) or "none"
            problems.append(entry.problem((name,), f"expected one of the names in {table} ({listed})"))
            # An adapter may check the same: once is enough.
            entry = entry.having(name, Broken(default))
    return entry
