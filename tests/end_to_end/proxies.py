"""The proxies that people put in front of gateways, as processes: nginx by default, and the examples of deploy/."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.deadlines import DEADLINE, until
from tests.plain import PLAIN

EXAMPLES = Path(__file__).parents[2] / "deploy"

_NGINX = """
daemon off;
worker_processes 1;
pid nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    {}
}}
"""
_DEFAULT = """
    upstream points {{ server 127.0.0.1:8081; server 127.0.0.1:8082; }}
    server {{ listen {}; location / {{ proxy_pass http://points; }} }}
"""
"""Every setting that is not written out is nginx's default."""


def program(name: str) -> str | None:
    """The path of an installed proxy."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def nginx_by_default(listen: str) -> str:
    """nginx, told only where to listen and whom to ask."""
    return _NGINX.format(_DEFAULT.format(listen))


def nginx_example(listen: str) -> str:
    """The example for nginx, without TLS."""
    text = (EXAMPLES / "nginx.conf").read_text("utf-8")
    return _NGINX.format(_without(text, {r" *ssl_certificate.*\n": "", r"listen 443 ssl": f"listen {listen}"}))


def haproxy_example(listen: str) -> str:
    """The example for HAProxy, without TLS."""
    text = (EXAMPLES / "haproxy.cfg").read_text("utf-8")
    return _without(text, {r"bind :443 ssl crt \S+": f"bind {listen}"})


PROXIES: dict[str, tuple[str, Callable[[str], str]]] = {
    "nginx by default": ("nginx", nginx_by_default),
    "nginx example": ("nginx", nginx_example),
    "HAProxy example": ("haproxy", haproxy_example),
}
"""What each is called: its program, and its configuration for an address to listen on."""


@contextmanager
def proxying(name: str, folder: Path, *, listen: str, gateways: Sequence[str]) -> Iterator[str]:
    """Run a proxy in front of two gateways by `HOST:PORT`; gives its URL once it answers."""
    wanted, configuration = PROXIES[name]
    text = configuration(listen)
    for example, gateway in zip(("127.0.0.1:8081", "127.0.0.1:8082"), gateways, strict=True):
        assert example in text
        text = text.replace(example, gateway)
    folder.mkdir()
    (folder / "proxy.conf").write_text(text)
    found = program(wanted)
    assert found is not None
    command = [found, "-p", folder, "-c", "proxy.conf", "-e", "stderr"]
    if wanted == "haproxy":
        command = [found, "-db", "-f", folder / "proxy.conf"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: _answers(f"http://{listen}/livez") or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield f"http://{listen}"
    finally:
        process.terminate()
        process.wait(DEADLINE)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, verify=PLAIN, timeout=DEADLINE).status_code == 200
    except httpx.TransportError:
        return False


def _without(text: str, changes: dict[str, str]) -> str:
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count > 0, f"the example has no {pattern}"
    return text
