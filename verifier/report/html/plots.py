"""Small plots as inline SVG: durations over the nights, and the used part of a budget."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from verifier.report.nights import duration

WIDTH, HEIGHT, MARGIN = 132, 30, 4


def sparkline(points: Sequence[tuple[str, float]], budget: float | None, *, warn: bool = False) -> Markup:
    """Durations of successive nights as a line, the last as a dot, and the budget as a dashed line if it is near.

    Args:
        points: a night and its seconds, oldest first.
        budget: seconds, drawn if the line comes within a quarter of it.
        warn: draw the last point as a warning.

    Returns:
        An image with a text alternative; empty if there are no points.
    """
    if not points:
        return Markup("")
    seconds = [value for _, value in points]
    near = budget is not None and budget > 0 and max(seconds) >= budget / 4
    top = max([*seconds, budget if near and budget is not None else 0.0, 1e-9])
    step = (WIDTH - 2 * MARGIN) / max(1, len(points) - 1)
    left = MARGIN if len(points) > 1 else WIDTH / 2
    if len(points) == 1:
        top = max(top, 2 * seconds[0])  # a single dot is in the middle, unless the budget places it
    places = [(left + step * index, _height(value, top)) for index, value in enumerate(seconds)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    label = f"{duration(seconds[-1])} on {points[-1][0]}"
    if len(points) > 1:
        label = (
            f"{len(points)} nights from {points[0][0]} to {points[-1][0]}: "
            f"between {duration(min(seconds))} and {duration(max(seconds))}, last {duration(seconds[-1])}"
        )
    parts = [
        Markup('<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">').format(
            label, WIDTH, HEIGHT, WIDTH, HEIGHT
        ),
        Markup("<title>{}</title>").format(label),
    ]
    if near and budget is not None:
        y = f"{_height(budget, top):.1f}"
        parts.append(Markup('<line class="limit" x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, y, y))
    if len(points) > 1:
        parts.append(Markup('<polyline points="{}"/>').format(path))
    x, y_last = places[-1]
    parts.append(
        Markup('<circle class="{}" cx="{}" cy="{}" r="3"/></svg>').format(
            "last warn" if warn else "last", f"{x:.1f}", f"{y_last:.1f}"
        )
    )
    return Markup("").join(parts)


def meter(seconds: float, budget: float, *, warn: bool = False) -> Markup:
    """The used part of a budget, as a bar; the number beside it says the same, so the bar is decoration."""
    used = max(1.0, min(100.0, 100.0 * seconds / budget))
    return Markup(
        '<svg class="meter" aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none" width="80" height="6">'
        '<rect class="track" width="100" height="6"/><rect class="{}" width="{}" height="6"/></svg>'
    ).format("used warn" if warn else "used", f"{used:.1f}")


def _height(value: float, top: float) -> float:
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * value / top
