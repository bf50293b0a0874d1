"""`health`: it asks the gateway of a configuration, and says what is wrong where that is not ready."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gateway.cli.conftest import Command, free_ports

READY = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + b'{"status":"ok"}'
_DETAIL = b'{"status":"unavailable","detail":"The journal \\u202e cannot be reached"}'
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n%b" % (len(_DETAIL), _DETAIL)


@contextmanager
def answering(answer: bytes | None, host: str = "127.0.0.1") -> Iterator[tuple[int, list[bytes]]]:
    """A server on a port that gives one answer to whoever asks, None being none; gives the port and what was asked."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    asked: list[bytes] = []
    with socket.create_server((host, 0), family=family) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                if answer is not None:
                    connection.sendall(answer)
                else:
                    connection.recv(1)  # until the other side has given up

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join()


def configured(folder: Path, server: object) -> Path:
    """A configuration of which nothing but `server` can be used."""
    config = folder / "gateway.yaml"
    config.write_text(json.dumps({"server": server, "vendors": {"club": "${file:gone}"}}))
    return config


@pytest.mark.parametrize(
    ("listen", "host"),
    [
        ("127.0.0.1:{}", "127.0.0.1"),
        ("0.0.0.0:{}", "127.0.0.1"),
        ("localhost:{}", "127.0.0.1"),
        ("[::1]:{}", "::1"),
        ("[::]:{}", "::1"),
    ],
)
def test_it_asks_where_the_configuration_serves(command: Command, tmp_path: Path, listen: str, host: str) -> None:
    """It asks the address of `server.listen`, of any address this machine's own; the rest of the file may be wrong."""
    with answering(READY, host) as (port, asked):
        ran = command("health", "-c", configured(tmp_path, {"listen": listen.format(port)}))
    assert (ran.code, ran.out, ran.err) == (0, "ok\n", "")
    assert asked[0].startswith(b"GET /readyz HTTP/1.1\r\n")


def test_the_variables_of_serve_count(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host and port come from the variables that `serve` takes them from; --live asks for the process alone."""
    with answering(READY) as (port, asked):
        monkeypatch.setenv("POINTS_GATEWAY_HOST", "0.0.0.0")
        monkeypatch.setenv("POINTS_GATEWAY_PORT", str(port))
        ran = command("health", "-c", configured(tmp_path, {"listen": "10.0.0.1:1"}), "--live")
    assert (ran.code, ran.err) == (0, "")
    assert asked[0].startswith(b"GET /livez HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (UNAVAILABLE, r"answered 503: The journal \u202e cannot be reached"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]", "answered 404"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot be asked: SSH-2.0-OpenSSH"),
        (b"", "cannot be asked: Remote end closed connection without response"),
        (None, "did not answer within 0.1 seconds"),
    ],
)
def test_what_is_not_ready(command: Command, tmp_path: Path, answer: bytes | None, why: str) -> None:
    """Any other answer, or none in time, is an error, told in one line."""
    with answering(answer) as (port, _):
        config = configured(tmp_path, {"listen": f"127.0.0.1:{port}"})
        ran = command("health", "-c", config, "--timeout", "0.1" if answer is None else "60")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"points-gateway: http://127.0.0.1:{port}/readyz {why}\n"


def test_nobody_listens(command: Command, tmp_path: Path) -> None:
    """A gateway that does not run is told as what the system says."""
    [port] = free_ports(1)
    ran = command("health", "-c", configured(tmp_path, {"listen": f"127.0.0.1:{port}"}))
    assert ran.code == 1
    assert ran.err.endswith("cannot be asked: Connection refused\n")


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ({"listen": "127.0.0.1:0"}, "say which with --port"),
        ({"listen": "127.0.0.1"}, "server.listen: expected"),
        ({"listen": "127.0.0.1:1", "lingers": 3}, "server.lingers: unknown"),
    ],
)
def test_an_address_that_is_not_known(command: Command, tmp_path: Path, server: object, why: str) -> None:
    """Where the section is wrong, or leaves the port to the system, it says what to change."""
    ran = command("health", "-c", configured(tmp_path, server))
    assert ran.code == 1
    assert why in ran.err
    assert "club" not in ran.err
