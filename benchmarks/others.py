"""The servers that the gateway is compared with, started as their own documents say, without logs of requests."""

import shutil
import sys
from pathlib import Path

from benchmarks.calls import CHAT_KEY
from benchmarks.server import NotStarted, Server, free_port

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).with_name("peers")
LITELLM = ROOT / ".bench/litellm/bin/litellm"
PORTKEY = ROOT / ".bench/portkey/node_modules/@portkey-ai/gateway"


def fake_vendor(folder: Path, *, cores: frozenset[int], delay: float = 0.0, port: int | None = None) -> Server:
    """The vendor that all of them call, on a free port where none is named; it answers after `delay` seconds."""
    port = port or free_port()
    command = [sys.executable, "-m", "benchmarks.vendor", str(port), str(delay)]
    return Server(command, port=port, folder=folder, cores=cores, environment={"PYTHONPATH": str(ROOT)})


def echo(folder: Path, *, cores: frozenset[int]) -> Server:
    """The floor of the stack: starlette on uvicorn, which gives a body back."""
    return _uvicorn("echo", folder, cores)


def by_hand(folder: Path, vendor: int, *, cores: frozenset[int]) -> Server:
    """What a developer would write first, for this vendor alone."""
    return _uvicorn("by_hand", folder, cores, VENDOR=f"http://127.0.0.1:{vendor}")


def nginx(folder: Path, vendor: int, *, cores: frozenset[int]) -> Server:
    """nginx with one worker, passing requests on over kept connections. Raises `NotStarted` where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NotStarted("nginx is not installed")
    port = free_port()
    _configure("nginx.conf", folder, PORT=port, VENDOR=vendor)
    return Server([program, "-p", folder, "-c", "nginx.conf", "-e", "stderr"], port=port, folder=folder, cores=cores)


def litellm(folder: Path, vendor: int, *, cores: frozenset[int]) -> Server:
    """LiteLLM's proxy in front of a model that the vendor plays. Raises `NotStarted` where it is not installed."""
    if not LITELLM.exists():
        raise NotStarted("it is not installed")
    port = free_port()
    _configure("litellm.yaml", folder, VENDOR=vendor, KEY=CHAT_KEY)
    command: list[str | Path] = [LITELLM, "--config", "litellm.yaml", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--log_config", PEERS / "litellm_log.json"]
    return Server(
        command,
        port=port,
        folder=folder,
        cores=cores,
        # The price list that it would fetch at its start is in the package as well.
        environment={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION"},
    )


def portkey(folder: Path, *, cores: frozenset[int]) -> Server:
    """Portkey's gateway; which vendor it calls is in each request. Raises `NotStarted` where it is not installed."""
    node = shutil.which("node")
    if node is None or not PORTKEY.exists():
        raise NotStarted("node is not installed" if node is None else "it is not installed")
    port = free_port()
    command: list[str | Path] = [node, PORTKEY / "build/start-server.js", "--headless", f"--port={port}"]
    return Server(command, port=port, folder=folder, cores=cores, environment={"NODE_ENV": "production"})


def _uvicorn(app: str, folder: Path, cores: frozenset[int], **environment: str) -> Server:
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "uvicorn", f"{app}:app", "--app-dir", PEERS, "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return Server(command, port=port, folder=folder, cores=cores, environment=environment)


def _configure(name: str, folder: Path, **values: object) -> None:
    """Put a peer's configuration into its folder, with each `@NAME@` in it replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (PEERS / name).read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    (folder / name).write_text(text, "utf-8")
