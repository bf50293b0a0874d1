"""`describe-try`: what a real answer of a vendor would come to by a description, offline."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway import exact
from gateway.cli import terminal
from gateway.cli.options import Format, Output, fail, invalid
from gateway.delivery.call import Call
from gateway.documents.problem import Problem, SettingsError
from gateway.errors import GatewayError
from gateway.escaping import escaped_json
from gateway.model import Applied
from gateway.port import VendorResponse
from gateway.port.registry import AdapterType, described

if TYPE_CHECKING:
    from gateway.declared.trying import Tried


class Described(StrEnum):
    """The operations of a description."""

    ADJUST = "adjust"
    BALANCE = "balance"
    EXPIRING = "expiring"
    TRANSACTIONS = "transactions"
    LOOKUP = "lookup"
    FIND = "find"
    REVERSE = "reverse"
    FIND_REVERSAL = "find_reversal"
    PROBE = "probe"


def describe_try(
    file: Annotated[Path, typer.Argument(help="The description: a YAML file.")],
    answer: Annotated[Path, typer.Argument(help="The vendor's answer: a body, or all that `curl -i` prints.")],
    operation: Annotated[Described, typer.Option(help="The operation that it answers.")] = Described.ADJUST,
    status: Annotated[int | None, typer.Option(help="The status of a body alone; 200 if not given.")] = None,
    member: Annotated[str | None, typer.Option(help="The member of the call, as in email:jason@example.com.")] = None,
    points: Annotated[str | None, typer.Option(help="The points of the call.")] = None,
    own_id: Annotated[str | None, typer.Option("--id", help="The adjustment's own id in the call.")] = None,
    transaction: Annotated[str | None, typer.Option(help="The vendor's id of a booking.")] = None,
    description: Annotated[str | None, typer.Option(help="The description of the call.")] = None,
    point_type: Annotated[str | None, typer.Option(help="The point type of the call, in the vendor's word.")] = None,
    reason: Annotated[str | None, typer.Option(help="The reason of the call, in the vendor's word.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="The vendor's answer to the request that `before` describes.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A setting of the account; may be given again.")
    ] = None,
    output: Format = Output.TEXT,
) -> None:
    """Show what an answer of a vendor would come to by a description: applied, refused, unknown. Nothing is sent.

    Give the values of the call that was answered: what the vendor says back has to agree with them. What is not given
    is made up, and shown as the option that gives it.

    Example: points-gateway describe-try vendors/tokens.yaml answer.json --member card:7 --points 5
    """
    kind, whole = _read(file), _text(answer)
    from gateway.declared import trying

    given = {
        "member": member,
        "points": points,
        "id": own_id,
        "transaction": transaction,
        "description": description,
        "point_type": point_type,
        "reason": reason,
    }
    words = {name: each for name, each in given.items() if each is not None}
    try:
        settings = _pairs(setting or [])
        adapter = trying.adapter_of(kind.adapter, settings, words)
        if getattr(adapter, operation.value, None) is None:
            fail(f"{file} describes no {operation.value}")
        call = trying.arguments(adapter, operation.value, words)
        first = None if before is None else trying.answer_of(_text(before), None)
        response = trying.answer_of(whole, status)
        tried = trying.tried(adapter, operation.value, call, response, first)
    except (GatewayError, ArithmeticError, ValueError) as error:
        fail(str(error))
    answers = [response] if first is None else [first, response]
    shown = {
        "made_up": trying.made_up(adapter, operation.value, words, settings),
        "requests": [{"method": each.method, "path": each.path, "body": each.body.decode()} for each in tried.requests],
        "verdict": _verdict(tried, answers) if operation.value in trying.WRITES else None,
        "error": None if tried.error is None else f"{type(tried.error).__name__}: {tried.error}",
        "result": _plain(tried.result),
    }
    _show(shown, output)
    if tried.error is not None:
        raise typer.Exit(1)


def _pairs(texts: list[str]) -> dict[str, str]:
    """The settings by name. Raises `ValueError`."""
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"--setting {name}: expected NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _verdict(tried: "Tried", answers: list[VendorResponse]) -> str:
    """What the answers to a write prove, as the gateway itself would tell."""
    call = Call(writing=True)
    for request, answer in zip(tried.requests, answers, strict=False):
        call.begin(request)
        call.last.sent = True
        call.answered(answer)
    if tried.error is None:
        call.end(tried.result, Applied)
    return call.verdict(tried.error).value


def _show(shown: dict[str, Any], output: Output) -> None:
    if output is Output.JSON:
        terminal.show_json(exact.dumps(shown).decode())
        return
    if words := " ".join(_option(name, text) for name, text in shown["made_up"].items()):
        terminal.show(f"made up  {words}")
    for request in shown["requests"]:
        terminal.show(f"request  {request['method']} {request['path']} {request['body']}".rstrip())
    for name in ("verdict", "error"):
        if shown[name] is not None:
            terminal.show(f"{name:8} {shown[name]}")
    if shown["result"] is not None:
        terminal.show(f"result   {escaped_json(exact.dumps(shown['result']).decode())}")


def _option(name: str, text: str) -> str:
    within, _, setting = name.rpartition(".")
    return f"--setting {setting}={text}" if within else f"--{name.replace('_', '-')} {text}"


def _plain(result: Any) -> Any:
    """A result as JSON values, without what is not said."""
    if result is None:
        return None
    return _said(asdict(result))


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _said(item) for name, item in value.items() if item not in (None, {}, (), [])}
    if isinstance(value, list | tuple):
        return [_said(item) for item in value]
    return value


def _read(file: Path) -> AdapterType:
    problems: list[Problem] = []
    try:
        kind = described(str(file), file.read_bytes(), problems)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")
    if kind is None:
        invalid(SettingsError(problems))
    return kind


def _text(answer: Path) -> str:
    try:
        return answer.read_text("utf-8", errors="replace")
    except OSError as error:
        fail(f"{answer} cannot be read: {error.strerror}")
