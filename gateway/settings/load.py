"""From a YAML file, or a folder of them, to `Settings`; everything that is wrong is told at once."""

import time
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path

from gateway.port.registry import AdapterType
from gateway.settings import limits, plain
from gateway.settings.clients import Clients
from gateway.settings.document import Document, read
from gateway.settings.entry import Entry, validated
from gateway.settings.expand import Expander
from gateway.settings.model import ServerEntry, address
from gateway.settings.problem import Problem, SettingsError
from gateway.settings.sections import merged
from gateway.settings.settings import Server, Settings
from gateway.settings.store import store
from gateway.settings.tenants import tenants
from gateway.settings.vendors import complete, doubts, kinds, vendors
from gateway.settings.watched import WatchedFiles

SUFFIXES = (".yaml", ".yml")


def load(
    path: Path,
    adapters: Mapping[str, AdapterType],
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Settings:
    """Read and check the configuration at `path`, a file or a folder of `*.yaml` and `*.yml`.

    `clock` gives monotonic seconds: files named by `${file:...}` are looked at again by it. Raises `SettingsError`
    with every problem that can be told; nothing in it shows a secret.
    """
    problems: list[Problem] = []
    files = WatchedFiles(clock)
    documents = _documents(path, Expander(environ, files), problems)
    if documents is None:
        raise SettingsError(problems)
    sections = merged(path, documents, problems)
    named = {name: sections.named.get(name, {}) for name in ("vendors", "tenants", "clients")}
    server = _server(sections.single.get("server"), problems)
    stored = sections.single.get("store")
    url = store(stored, problems) if stored is not None else ""
    whole = complete(named["vendors"], problems)
    known = kinds(whole, adapters, problems)
    configured = vendors(whole, known, problems)
    routes, tenant_limits = tenants(named["tenants"], {**dict.fromkeys(named["vendors"]), **known}, problems)
    clients = Clients(named["tenants"], problems)
    clients.read(named["clients"])
    if problems:
        raise SettingsError(problems)
    client_limits = {name: each.limits for name, each in clients.found.items() if each.limits is not None}
    doubtful = {*clients.warnings, *doubts(whole, configured, time.time())}
    doubtful.update(limits.doubts(named["clients"], client_limits, configured))
    doubtful.update(limits.doubts(named["tenants"], tenant_limits, configured))
    keys = tuple(clients.keys)
    written_out = {*plain.of_vendors(whole, configured), *plain.of_clients(keys), *plain.of_store(stored)}
    sources = tuple(Path(document.name) for document in documents)
    checked = (server, url, configured, routes, clients.found, keys, files)
    return Settings(*checked, tuple(sorted(doubtful)), tuple(sorted(written_out)), sources, tenant_limits)


def load_store(path: Path, environ: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> str:
    """Where the journal is, of the configuration at `path`, as `Settings.store`; nothing else has to be right in it.

    Raises `SettingsError` where that cannot be told.
    """
    problems: list[Problem] = []
    documents = _documents(path, Expander(environ, WatchedFiles(clock)), problems)
    if documents is None:
        raise SettingsError(problems)
    sections = merged(path, documents, problems)
    found = store(sections.single["store"], problems) if "store" in sections.single else ""
    wrong = [each for each in problems if each.where == "store"]
    if wrong or not found:
        raise SettingsError(wrong or problems)
    return found


def _documents(path: Path, expander: Expander, problems: list[Problem]) -> list[Document] | None:
    """Every file, read; None where one cannot be, since all that refers to it would seem wrong as well."""
    try:
        files = sorted(file for file in path.iterdir() if _counts(file)) if path.is_dir() else [path]
    except (OSError, ValueError) as error:
        problems.append(_unreadable(path, error))
        return None
    if not files:
        problems.append(Problem(str(path), 1, 1, "", "expected *.yaml or *.yml files in the folder, and it has none"))
    documents = []
    for file in files:
        try:
            raw = file.read_bytes()
        except (OSError, ValueError) as error:
            problems.append(_unreadable(file, error))
            continue
        document = read(str(file), raw, file.parent, expander, problems)
        documents += [document] if document is not None else []
    return documents if files and len(documents) == len(files) else None


def _counts(file: Path) -> bool:
    """Hidden files do not: editors leave locks and copies beside a file under such names."""
    return file.suffix in SUFFIXES and not file.name.startswith(".")


def _unreadable(path: Path, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else None
    return Problem(str(path), 1, 1, "", f"cannot be read: {reason or 'not a usable path'}")


def _server(entry: Entry | None, problems: list[Problem]) -> Server:
    written = validated(ServerEntry, entry, problems) if entry is not None else None
    if written is None:
        written = ServerEntry()
    listen = address(written.listen)
    admin = None if written.admin is None else address(written.admin)
    if entry is not None and admin is not None and admin.port == listen.port != 0:
        problems.append(entry.problem(("admin",), "expected another port than that of listen"))
    return Server(
        listen,
        admin,
        written.drain,
        written.log_level,
        written.outages,
        written.repeat_wait,
        written.anonymous_rate,
        written.wrong_key_rate,
        tuple(map(ip_network, written.trusted_proxies)),
        written.log_peer,
        written.docs,
    )
