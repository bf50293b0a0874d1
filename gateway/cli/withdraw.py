"""`adjustments withdraw`: a person takes back what he has proposed, before another one confirms it."""

from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.operator_api import Admin, OperatorApi
from gateway.cli.options import fail


def withdraw(
    ids: Annotated[list[str], typer.Argument(help="The ids of adjustments, adj_...", metavar="ID...")],
    admin: Admin = None,
) -> None:
    """Withdraw what you have proposed of adjustments, where two people decide and the second one has not yet.

    Only a gateway knows who you are: this takes --admin.

    Example: points-gateway adjustments withdraw adj_... --admin http://127.0.0.1:9090
    """
    if admin is None:
        raise typer.BadParameter("only a gateway knows who has proposed: name its operator API by --admin")
    refused = 0
    for each in OperatorApi(admin).withdraw(ids):
        if each["result"] == "withdrawn":
            terminal.report(f"{each['id']}  withdrawn")
        else:
            terminal.note(f"points-gateway: {each['id']}: {each['detail']}")
            refused += 1
    if refused:
        fail(f"{refused} of {len(ids)} could not be withdrawn")
