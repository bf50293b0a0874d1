"""`reload`: have running gateways read their configuration again."""

import asyncio
from pathlib import Path

from gateway.cli import command_socket, terminal
from gateway.cli.operator_name import operator
from gateway.cli.options import Config, fail

PATIENCE = 120.0
"""Seconds in which a gateway has to answer."""


def reload(config: Config) -> None:
    """Have every gateway on this machine that serves a configuration read it again, without losing a call.

    A new configuration is checked whole. A bad one is refused: its problems are printed and logged, and the old one
    goes on. Prints what has changed. SIGHUP does the same, and prints nothing. The exit code is 1 if a gateway
    refuses, or if there is none.

    Run it as the user of the gateway, or as root, with the same path of the configuration.

    Example: points-gateway reload --config config/gateway.yaml
    """
    answered = []
    for each in command_socket.gateways(config):
        if (done := asyncio.run(_reload(each))) is None:
            each.unlink(missing_ok=True)  # what a killed process left
        else:
            answered.append(done)
    if not answered:
        fail(
            f"no gateway on this machine serves {config}, or it runs as another user: "
            "give the same path as to `serve`, or send SIGHUP to its process"
        )
    if not all(answered):
        fail("the reload was refused; the configuration goes on that served before")


async def _reload(gateway: Path) -> bool | None:
    """Whether a gateway has done it; None if it is gone."""
    pid = gateway.stem.rpartition("-")[2]
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await command_socket.ask(gateway, {"do": "reload", "by": operator()})
    except PermissionError:
        fail(f"the gateway with process id {pid} runs as another user: run this as that user or as root")
    except TimeoutError:
        fail(f"the gateway with process id {pid} did not answer within {PATIENCE:g} seconds: see its log")
    except (OSError, ValueError) as error:
        fail(f"the gateway with process id {pid} gave no answer: {error}")
    if answer is None:
        return None
    for line in answer["lines"]:
        (terminal.show if answer["done"] else terminal.note)(line)
    if answer["done"]:
        changes = "" if answer["lines"] else "; nothing has changed"
        terminal.show(f"process {pid} serves configuration {answer['digest']}{changes}")
    return bool(answer["done"])
