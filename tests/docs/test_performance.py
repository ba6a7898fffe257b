"""The page of what things cost is what its generator writes from the stored measurements."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from benchmarks import performance
from benchmarks.plots import Series, plot

STORED = json.loads(performance.MEASUREMENTS.read_text(encoding="utf-8"))


def test_the_page_and_its_plots_are_what_would_be_written_now() -> None:
    for path, text in performance.pages(STORED).items():
        assert path.read_text(encoding="utf-8") == text, "run `make performance` and commit what it writes"


def test_nothing_else_lies_beside_the_plots() -> None:
    plots = {path for path in performance.pages(STORED) if path != performance.PAGE}
    assert set((performance.PAGE.parent / "performance").iterdir()) == plots


def test_what_came_to_no_end_or_decided_otherwise_is_marked() -> None:
    assert performance.cell(None, "1 proved") == "—"
    assert performance.cell({"seconds": 3.21, "verdicts": None}, "1 proved") == "—"
    assert performance.cell({"seconds": 3.21, "verdicts": "1 bounded"}, "1 proved") == "(3.2)"
    assert performance.cell({"seconds": 3.21, "verdicts": "1 proved"}, "1 proved") == "3.2"


def test_a_plot_has_a_line_for_each_tool_that_rises_where_it_takes_longer() -> None:
    drawn = ET.fromstring(plot([Series("fast", [(2, 0.5), (4, 0.5)]), Series("slow", [(2, 1.0), (4, 90.0)])], "n", "s"))
    lines = [line.get("points", "").split() for line in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    heights = [[float(point.split(",")[1]) for point in line] for line in lines]
    assert len(lines) == 2
    assert heights[0][0] == heights[0][1]
    assert heights[1][0] > heights[1][1]
