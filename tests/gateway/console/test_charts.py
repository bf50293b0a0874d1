"""Charts as SVG: they are well formed, hold no style, and say in words what they show."""

from defusedxml.ElementTree import fromstring

from gateway.console.charts import HEIGHT, WIDTH, bars, steps


def test_bars() -> None:
    """One bar for each minute that has anything, and one over it for what failed."""
    drawn = str(bars([0, 4, 8], [0, 0, 1], label="8 <at> most"))
    whole = fromstring(drawn)
    _, all_of, failed = list(whole)
    assert whole.attrib["aria-label"] == "8 <at> most"
    assert whole.attrib["role"] == "img"
    assert (all_of.attrib["d"].count("M"), failed.attrib["d"].count("M")) == (2, 1)
    assert f"v-{HEIGHT - 3:.1f}" in all_of.attrib["d"], "the highest bar is as high as the drawing"
    assert "style" not in drawn


def test_steps_stop_where_there_is_nothing() -> None:
    """A minute without requests has no time: the line begins anew after it."""
    path = list(fromstring(str(steps([5.0, None, 10.0, 5.0], label="10 ms"))))[1].attrib["d"]
    assert path.count("M") == 2
    assert path.endswith(f"H{WIDTH:.1f}")


def test_nothing_is_drawn_of_nothing() -> None:
    """An hour without requests is a line at the ground."""
    for drawn in (bars([0] * 60, [0] * 60, label="none"), steps([None] * 60, label="none")):
        assert [each.attrib["d"] for each in list(fromstring(str(drawn)))[1:]] in (["", ""], [""])
