"""No secret of a vendor's settings is in anything that is shown or kept, even where the vendor says it back."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape  # it writes XML, and reads none  # nosec B406

from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import ALL, check, listed, operations
from gateway.conformance.checks.reversal import cancelling
from gateway.conformance.request_texts import texts_of
from gateway.errors import GatewayError, VendorError
from gateway.model import Operation
from gateway.planning.translated import Translation
from gateway.port import VendorRequest, VendorResponse
from gateway.port.echoes import SHORTEST, Echoes
from gateway.port.secrets import MASK, Secret
from gateway.simulation import Request
from gateway.write import Write

EXPLAINED = "secrets-and-tokens"
AWKWARD = 'p"a&s<s>%2F+w\\ord/=='
"""A secret that JSON, XML and URLs each have to spell in a way of their own."""
PLAIN = (AWKWARD, json.dumps(AWKWARD)[1:-1], escape(AWKWARD), escape(AWKWARD, {'"': "&quot;"}), quote(AWKWARD, ""))
ENCODED = (b64encode(AWKWARD.encode()).decode(), AWKWARD.encode().hex())
SPELLINGS = tuple(dict.fromkeys((*PLAIN, *(json.dumps(each)[1:-1] for each in PLAIN), *ENCODED)))
ECHOES = (
    *map(json.dumps, ({"Message": AWKWARD, "message": AWKWARD, "error": 400, "error_text": AWKWARD}, [AWKWARD])),
    *(json.dumps(AWKWARD), AWKWARD, *ENCODED),
    f"<xml><error>400</error><error_text>{escape(AWKWARD)}</error_text></xml>",
)


def with_awkward_secrets(bench: Bench) -> Bench:
    """A bench of the same adapter whose secrets are hard to mask, and unknown to the simulator."""
    fields = type(bench.settings).model_fields
    names = [name for name in fields if isinstance(getattr(bench.settings, name), Secret)]
    nested = bool(bench.settings.credentials())
    expect(names or nested, "a setting that is a Secret", "no setting of this adapter is one")
    return bench.another(**dict.fromkeys(names, AWKWARD))


def _is_masked(shown: Any, what: str, case: object) -> None:
    text = shown if isinstance(shown, str) else json.dumps(shown, default=str, ensure_ascii=False)
    found = [spelling for spelling in SPELLINGS if spelling in text]
    expect(not found, f"no secret in {what}", f"it holds {found}", case)


def _sent_text(request: VendorRequest) -> str:
    return "\n".join((request.path, *request.headers.values(), request.body.decode()))


@check(EXPLAINED, of=ALL)
def a_masked_request_holds_no_secret(bench: Bench, operation: Operation) -> None:
    """What a masked translator makes can be shown: `***` stands where a secret would."""
    with with_awkward_secrets(bench) as awkward:
        plain, shown = (_sent_text(awkward.translation(operation, masked=masked).request) for masked in (False, True))
        _is_masked(shown, "a request that is made with masked settings", "")
        if any(spelling in plain for spelling in PLAIN):
            expect(MASK in shown, f"{MASK} in place of the secret", shown)


@check(EXPLAINED, of=ALL)
def nothing_kept_holds_a_secret(bench: Bench, operation: Operation) -> None:
    """Evidence, exchange and error are free of secrets where the vendor refuses them and says them back."""
    with with_awkward_secrets(bench) as awkward, awkward.direct():
        for status in (None, 200, 400, 401, 404, 500):
            for body in ECHOES:
                awkward.fresh()
                if status is not None:
                    echo = {"status": status, "body": body, "headers": {"X-Echo": AWKWARD}}
                    awkward.simulator.faults.add({"kind": "status", "times": 9, **echo})
                kept, error = _kept(awkward, operation)
                case = f"status {status}, body {body[:60]!r}"
                _is_masked(kept, "what is kept of the exchange", case)
                if error is not None:
                    words = [error.detail, getattr(error, "vendor_code", ""), getattr(error, "vendor_message", "")]
                    _is_masked(words, "the error", case)


def _kept(bench: Bench, operation: Operation) -> tuple[Any, GatewayError | None]:
    """What is kept of a call, and its error."""
    if operation == "adjust":
        outcome = bench.adjust()
        return [outcome.evidence, outcome.exchange], outcome.error
    try:
        reading = bench.read(operation)
    except VendorError as error:
        return [], error
    return [str(reading.body), reading.exchange], None


@check(EXPLAINED)
def a_result_holds_no_secret(bench: Bench) -> None:
    """What an adapter returns or raises has no secret in it, in any encoding, before the gateway masks it."""
    echoes = Echoes(bench.settings.secrets())
    made: dict[str, Callable[[], Translation[Any]]] = {
        operation: lambda operation=operation: bench.translation(operation)  # type: ignore[misc]
        for operation in operations(bench.pair)
    }
    if bench.kind.found_by is not None and bench.translator.adapter.finds:
        made["find"] = lambda: bench.translator.find(Write(bench.adjustment()), id="adj_1")
    for name, make in chain(made.items(), cancelling(bench)):
        try:
            shown = repr(bench.driven(make))
        except VendorError as error:
            shown = f"{error.detail} {error.vendor_code} {error.vendor_message}"
        masked = echoes.masked(shown)
        expect(masked == shown, "no secret in what it returns or raises", masked, name)


@check(EXPLAINED, of=ALL)
def an_issued_token_is_not_kept(bench: Bench, operation: Operation) -> None:
    """What the vendor issued, and a later request carries as a credential, is in nothing that is kept."""
    kept, _ = _kept(bench, operation)
    answers = [each.response.rough_text() for each in bench.passed if each.response]
    shown = json.dumps(kept, default=str)
    for number, each in enumerate(bench.passed):
        for name, value in each.request.headers.items():
            credential = value.rpartition(" ")[2]
            issued = any(len(credential) >= SHORTEST and credential in text for text in answers[:number])
            expect(not (issued and credential in shown), "a request that is `confidential`", "it is kept", name)
    for number, each in enumerate(tuple(bench.passed)):
        for value in _issued(bench, number):
            where = "the address" if value in each.request.path else "the body"
            expect(value not in shown, "the token in the request's `issued`", "it is kept", where)


def _issued(bench: Bench, number: int) -> set[str]:
    """What earlier answers have given, this request carries in its address or body, and is not served without."""
    request = bench.passed[number].request
    answers = [each.response for each in bench.passed[:number] if each.response]
    issued = {text for answer in answers for text in _texts(answer) if len(text) >= SHORTEST}
    carried = {text for text in issued if text in request.path or text.encode() in request.body}

    def served_without(text: str) -> bool:
        other = "0" * len(text)
        body = request.body.replace(text.encode(), other.encode())
        # Another member or entry is not there; another token is refused.
        return bench.transport.hand(replace(request, path=request.path.replace(text, other), body=body)).status != 401

    return {text for text in carried if not served_without(text)}


def _texts(answer: VendorResponse) -> list[str]:
    try:
        return texts_of(Request("POST", "", (("Content-Type", answer.headers.get("content-type", "")),), answer.body))
    except ValueError:
        return []


CHECKS = listed(vars())
