"""The requests of a run, prebuilt: only what has to vary does, and it costs next to nothing."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import count, cycle
from urllib.request import Request, urlopen

from benchmarks.load import Call

MEMBERS = 100
"""How many members are asked about in turn: enough that no one answer is special, few enough to fit a cache."""
CHAT_KEY = "sk-0123456789abcdef0123456789abcdef"
_AVAILABLE = b'"available":"150"'
_CHAT = b'{"model":"fake","messages":[{"role":"user","content":"How many points have I got?"}]}'
_ADJUSTMENT = (
    b'{"member":"profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b","points":100,"point_type":"base","reason":"goodwill"}'
)


def _request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    fields = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def echo() -> Call:
    """A POST of 300 bytes, in all, that is answered with its own body."""
    body = b'{"member":"email:member1@example.com","note":"%s"}' % (b"x" * 130)
    request = _request("POST", "/", body, Authorization="Bearer " + "k" * 40)
    return Call(lambda: request, 200, body)


def ready() -> Call:
    """The gateway's word that it is ready."""
    request = _request("GET", "/readyz")
    return Call(lambda: request, 200, b"")


def balance(member: str, key: str) -> Call:
    """The balance of one member."""
    request = _balance(member, key)
    return Call(lambda: request, 200, _AVAILABLE)


def balances(keys: Sequence[str]) -> Call:
    """Balances of a hundred members in turn, with each of the API keys in turn."""
    members = _members()
    requests = [
        _balance(f"email:{members[number % MEMBERS]}", keys[number % len(keys)])
        for number in range(max(MEMBERS, len(keys)))
    ]
    return Call(cycle(requests).__next__, 200, _AVAILABLE)


def balances_by_hand() -> Call:
    """The same balances from what was written by hand, which asks for no key."""
    requests = [_request("GET", f"/v1/members/{member}/balance") for member in _members()]
    return Call(cycle(requests).__next__, 200, _AVAILABLE)


def vendor_balances() -> Call:
    """The vendor's own balances of the same members, as the gateway asks for them."""
    path = "/API/Partners/99999/Profiles/email/{}/Points"
    requests = [_request("GET", path.format(member), Accept="application/json") for member in _members()]
    return Call(cycle(requests).__next__, 200, b'"AvailablePoints":150')


def adjustments(key: str, run: str) -> Call:
    """Adjustments, each under an idempotency key of its own; `run` sets them apart from those of other calls."""
    head, end = _request(
        "POST", "/v1/adjustments", _ADJUSTMENT, Authorization=f"Bearer {key}", Idempotency_Key="@"
    ).split(b"@", 1)
    prefix, numbers = head + run.encode() + b"-", count()
    return Call(lambda: b"%s%d%s" % (prefix, next(numbers), end), 201, b'"status":"succeeded"')


def previews(key: str) -> Call:
    """What an adjustment would send."""
    request = _request("POST", "/v1/adjustments/preview", _ADJUSTMENT, Authorization=f"Bearer {key}")
    return Call(lambda: request, 200, b'"not_sent":[]')


def lists(key: str) -> Call:
    """The newest hundred adjustments, of more."""
    request = _request("GET", "/v1/adjustments?limit=100", Authorization=f"Bearer {key}")
    return Call(lambda: request, 200, b'"next_cursor":"')


def histories(key: str, port: int) -> Call:
    """The adjustment with its history that is the newest at that port when it is first asked for."""

    @cache
    def request() -> bytes:
        asked = Request(f"http://127.0.0.1:{port}/v1/adjustments?limit=1", headers={"Authorization": f"Bearer {key}"})
        with urlopen(asked, timeout=10) as answer:
            newest = json.load(answer)["data"][0]["id"]
        return _request("GET", f"/v1/adjustments/{newest}?include=history", Authorization=f"Bearer {key}")

    return Call(request, 200, b'"history":[{')


def chat(**headers: str) -> Call:
    """A chat completion, for the peers whose job that is."""
    request = _request("POST", "/v1/chat/completions", _CHAT, Authorization=f"Bearer {CHAT_KEY}", **headers)
    return Call(lambda: request, 200, b'"chat.completion"')


def chat_at(vendor: int) -> Call:
    """A chat completion that names the model's address in its headers, as Portkey's gateway has it."""
    return chat(x_portkey_provider="openai", x_portkey_custom_host=f"http://127.0.0.1:{vendor}/v1")


def effects(port: int) -> int:
    """How many adjustments the fake vendor at that port has answered so far."""
    with urlopen(f"http://127.0.0.1:{port}/effects", timeout=10) as answer:
        return int(answer.read())


def _balance(member: str, key: str) -> bytes:
    return _request("GET", f"/v1/members/{member}/balance", Authorization=f"Bearer {key}")


def _members() -> list[str]:
    return [f"member{number}@example.com" for number in range(MEMBERS)]
