"""`conform`: hold installed adapters to the checks of the port, against their simulators."""

import json
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from gateway.cli import terminal
from gateway.cli.options import Format, Output, fail
from gateway.port import registry
from gateway.port.installed import NotLoadable


def conform(
    adapters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ADAPTER]...", help="Their names; without one, all that are installed."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write the report into this file, as JSON; what `conform-live` has written there stays."),
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Renew the table of vendors in this page of Markdown.")] = None,
    patience: Annotated[float, typer.Option(help="A factor for every deadline, on a machine that is busy.", min=1)] = 1,
    output: Format = Output.TEXT,
) -> None:
    """Hold adapters to every promise of the port, each against the simulator of its vendor; nothing else is called.

    It takes some ten seconds for each. What is broken is one paragraph: what was sent, answered and expected, and where
    it is explained. The exit code is 1 if anything is.

    Example: points-gateway conform my-adapter
    """
    # What the checks say of an adapter is told here, and not by the log of a gateway.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    before = _before(report)
    reports = _carried_on([_tried(name, patience, output) for name in adapters or registry.adapters()], before)
    document = json.dumps(reports, indent=1, ensure_ascii=False) + "\n"
    if output is Output.JSON:
        terminal.show_json(document.rstrip())
    try:
        if report is not None:
            report.write_text(document, "utf-8")
        if page is not None:
            _renew(page, reports)
    except (OSError, ValueError) as error:
        fail(str(error))
    if broken := [each["adapter"] for each in reports if each["broken"]]:
        fail(f"{', '.join(broken)}: not what the port promises")


def _before(report: Path | None) -> list[dict[str, Any]]:
    """The reports that the file has now; none where there is no such file."""
    if report is None or not report.exists():
        return []
    try:
        before: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{report} cannot be read: {error}")
    return before


def _carried_on(reports: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from gateway.conformance.made_of import made_of
    from gateway.conformance.report import carried_on

    kinds = registry.adapters()
    return carried_on(reports, before, {each["adapter"]: made_of(kinds[each["adapter"]]) for each in reports})


def _tried(name: str, patience: float, output: Output) -> dict[str, Any]:
    """The report about one adapter; what is broken is shown as it is found."""
    from gateway.conformance.pair import paired

    try:
        from gateway.conformance.fitting import Unfit
        from gateway.conformance.report import report
        from gateway.conformance.trial import Trial
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: pip install 'points-gateway[conformance]'")
    if name == "declared":
        fail("a description is held to the checks under its own name: points-gateway new-adapter NAME --declared")
    try:
        pair = paired(name)
    except KeyError:
        fail(f"no adapter {name!r} is installed: expected one of {', '.join(registry.adapters())}")
    except NotLoadable as error:
        fail(str(error))
    if pair.simulator is None:
        fail(f"{name} has no simulator: register one under the same name in {registry.SIMULATORS}")
    results = []
    try:
        with Trial(pair, patience=patience) as trial:
            for result in trial.results():
                results.append(result)
                if result.problem and output is Output.TEXT:
                    terminal.show_lines((str(result.problem), ""))
    except Unfit as error:
        fail(str(error))
    made = report(pair, results)
    if output is Output.TEXT:
        level = made["level"] or f"{len(made['broken'])} broken"
        terminal.show(f"{name}: {len(made['kept'])} of {len(results)} checks kept, {level}")
    return made


def _renew(page: Path, reports: list[dict[str, Any]]) -> None:
    from gateway.conformance.report import placed

    page.write_text(placed(page.read_text("utf-8"), reports), "utf-8")
