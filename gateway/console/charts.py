"""Small charts as SVG, drawn by the server; style sheets colour them by class, so that no style stands in them."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT = 240, 48
"""Of the drawing, in its own units; a page scales it."""
_SVG = Markup(
    '<svg class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{label}">'
    '<path class="ground" d="M0 {ground}H{width}"/>{shapes}</svg>'
)
_SHAPE = Markup('<path class="{name}" d="{path}"/>')


def bars(values: Sequence[int], failed: Sequence[int], *, label: str) -> Markup:
    """A bar for each value, of which a part has failed; `label` says in words what a reader cannot see."""
    most = max(1, *values)
    shapes = _SHAPE.format(name="bars", path=_bars(values, most)) + _SHAPE.format(
        name="bars bad", path=_bars(failed, most)
    )
    return _SVG.format(width=WIDTH, height=HEIGHT, ground=HEIGHT - 0.5, label=label, shapes=shapes)


def steps(values: Sequence[float | None], *, label: str) -> Markup:
    """A line over the values, which stops where there is none."""
    most = max((value for value in values if value is not None), default=1.0) or 1.0
    shapes = _SHAPE.format(name="steps", path=_steps(values, most))
    return _SVG.format(width=WIDTH, height=HEIGHT, ground=HEIGHT - 0.5, label=label, shapes=shapes)


def _bars(values: Sequence[int], most: float) -> str:
    wide = WIDTH / len(values)
    drawn = (
        f"M{number * wide + 0.4:.1f} {HEIGHT - 1}v{-_tall(value, most):.1f}h{wide - 0.8:.1f}V{HEIGHT - 1}z"
        for number, value in enumerate(values)
        if value
    )
    return "".join(drawn)


def _steps(values: Sequence[float | None], most: float) -> str:
    wide, path, drawing = WIDTH / len(values), "", False
    for number, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        height = f"{HEIGHT - 1 - _tall(value, most):.1f}"
        path += f"V{height}" if drawing else f"M{number * wide:.1f} {height}"
        path += f"H{(number + 1) * wide:.1f}"
        drawing = True
    return path


def _tall(value: float, most: float) -> float:
    """The height of a value; what is not nothing can be seen."""
    return max(1.5, value / most * (HEIGHT - 3))
