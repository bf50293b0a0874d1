"""The section `vendors`: adapters, their settings, and entries that extend others."""

import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Path, Problem
from gateway.documents.wording import unknown_name
from gateway.planning.routing import fits
from gateway.port import VendorSettings
from gateway.port.declaration import faults
from gateway.port.echoes import ordinary
from gateway.port.registry import AdapterType
from gateway.port.settings import NEVER_SENT
from gateway.settings import certificates

# Proxies send these when the vendor does not answer in time, and vendors after a late failure.
_OFTEN_APPLIED = (408, 500, 502, 504)
_AFTER = "where they were, they are changed twice"
_DEFAULTS = (("default_point_type", "point_types"), ("default_reason", "reasons"))


def vendors(
    entries: Mapping[str, Entry], kinds: Mapping[str, AdapterType], problems: list[Problem], *, offline: bool = False
) -> dict[str, VendorSettings]:
    """The settings of every valid vendor; errors are added to `problems`. The entries must be complete.

    `offline`: certificate files that are not here are no errors.
    """
    found: dict[str, VendorSettings] = {}
    for name, kind in kinds.items():
        entry = entries[name]
        ready = _with_known_defaults(_with_files(entry, problems, offline=offline), kind.settings, problems)
        settings = validated(kind.settings, ready, problems, also=("extends",))
        if settings is not None:
            found[name] = settings
            problems += (entry.problem(path, lack) for path, lack in _ordinary(settings))
            if error := certificates.mismatch(settings):
                problems.append(entry.problem((error[0],), error[1]))
            problems += (entry.problem(path, fault) for path, fault in _unusable(kind, settings))
    return found


def _ordinary(settings: VendorSettings) -> Iterator[tuple[Path, str]]:
    """The secrets that could occur in ordinary text by chance, so that masking would fail, and what they lack."""
    for path, secret in settings.hidden().items():
        if path[0] not in NEVER_SENT and (lack := ordinary(secret.reveal())):
            yield path, f"expected a secret that can be told from ordinary text, to be masked there: {lack}"


def _unusable(kind: AdapterType, settings: VendorSettings) -> Iterator[tuple[Path, str]]:
    """The errors of the adapter that is made with these settings, and of what they ask of it."""
    where = f" ({kind.origin})" if kind.origin else ""
    try:
        adapter = kind.adapter(settings)
    except (Exception, SystemExit) as error:
        # The message is left out, because it may quote a part of a secret.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        cause = f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
        yield ("adapter",), f"the adapter {kind.name!r} cannot be made with these settings: {cause}{where}"
        return
    by_id = "id" in kind.operations.get("adjust", ())
    for fault in faults(adapter, settings, finds=kind.found_by is not None, by_id=by_id):
        yield ("adapter",), f"the adapter {kind.name!r} is not usable with these settings: {fault}{where}"
    for index, scheme in enumerate(settings.resolve):
        if fits(scheme, adapter.schemes):
            yield ("resolve", index), f"the vendor takes {scheme} itself: nobody has to be looked up"
        elif not fits(scheme, adapter.lookup_schemes):
            able = ", ".join(adapter.lookup_schemes) or "nothing"
            yield ("resolve", index), f"this vendor cannot look members up by {scheme}: its adapter can by {able}"


def warnings(entries: Mapping[str, Entry], found: Mapping[str, VendorSettings], now: float) -> list[Problem]:
    """Warnings about valid vendors: statuses in `not_applied` that often follow an effect, expired certificates, and
    what their adapters doubt.

    `now` is in seconds since 1970.
    """
    result = [
        entries[name].problem(("not_applied", index), f"{status} often comes after points were changed: {_AFTER}")
        for name, settings in found.items()
        for index, status in enumerate(settings.not_applied)
        if status in _OFTEN_APPLIED
    ]
    for name, settings in found.items():
        result += (entries[name].problem((field,), doubt) for field, doubt in settings.doubts().items())
        if since := certificates.expired(settings, now):
            result.append(entries[name].problem(("client_cert",), since))
    return result


def complete(entries: Mapping[str, Entry], problems: list[Problem]) -> dict[str, Entry]:
    """The entries, each merged with the entries that it extends."""
    found: dict[str, Entry] = {}
    for name, entry in entries.items():
        if not isinstance(entry.data, dict):
            problems.append(entry.problem((), "expected a mapping"))
        elif (merged := _extended(name, entries, problems)) is not None:
            found[name] = merged
    return found


def _extended(name: str, entries: Mapping[str, Entry], problems: list[Problem]) -> Entry | None:
    """The entry merged over its base, that over its own base, and so on; None if the chain is broken."""
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
            # Reported once for each member of the circle, at its own `extends`.
            if base == name:
                circle = " -> ".join([*chain, base])
                problems.append(own.problem(("extends",), f"vendors extend each other in a circle: {circle}"))
            return None
        chain.append(base)


def _with_files(entry: Entry, problems: list[Problem], *, offline: bool) -> Entry:
    """The entry with absolute paths of certificate files; a path is relative to the file in which it is written."""
    for field in certificates.FIELDS:
        name = entry.data.get(field)
        if not isinstance(name, str) or isinstance(name, Broken):
            continue
        path = entry.origins[field].document.folder / name
        if (error := certificates.unusable(field, path)) and not (offline and not path.exists()):
            problems.append(entry.problem((field,), error))
        entry = entry.with_value(field, str(path.absolute()))
    return entry


def _with_known_defaults(entry: Entry, model: type[VendorSettings], problems: list[Problem]) -> Entry:
    """The entry, after a check that each default is a name in its table."""
    for name, table in _DEFAULTS:
        default, known = entry.data.get(name), entry.data.get(table, {})
        if not {name, table} <= model.model_fields.keys() or not isinstance(known, dict):
            continue
        if isinstance(default, str) and not isinstance(default, Broken) and default not in known:
            listed = ", ".join(known) or "none"
            problems.append(entry.problem((name,), f"expected one of the names in {table} ({listed})"))
            # The adapter's model may check the same; this keeps it from reporting it again.
            entry = entry.with_value(name, Broken(default))
    return entry
