"""A small plot as SVG: lines over logarithmic seconds, the same bytes for the same numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 130, 16, 44
COLOURS = ("#3264c8", "#c83232", "#2d9b4b", "#96641e", "#7d32aa")


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and its points by rising x."""

    name: str
    points: Sequence[tuple[float, float]]


def plot(lines: Sequence[Series], x_name: str, y_name: str) -> str:
    """The plot of some lines, of which at least one has a point."""
    xs = sorted({x for line in lines for x, _ in line.points})
    ys = [max(y, 0.1) for line in lines for _, y in line.points]
    low, high = math.floor(math.log10(min(ys))), max(math.ceil(math.log10(max(ys))), math.floor(math.log10(min(ys))) + 1)

    def across(x: float) -> str:
        span = xs[-1] - xs[0] or 1
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * (x - xs[0]) / span:.1f}"

    def down(y: float) -> str:
        return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(max(y, 0.1)) - low) / (high - low):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        y = down(10.0**power)
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y}" text-anchor="end" dominant-baseline="middle">{10.0**power:g}</text>')
    for x in xs:
        parts.append(f'<text x="{across(x)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:g}" y="{HEIGHT - 6}" text-anchor="middle">{x_name}</text>')
    parts.append(f'<text transform="translate(14 {HEIGHT / 2:g}) rotate(-90)" text-anchor="middle">{y_name}</text>')
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        where = " ".join(f"{across(x)},{down(y)}" for x, y in line.points)
        parts.append(f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x)}" cy="{down(y)}" r="3" fill="{colour}"/>' for x, y in line.points]
        at = TOP + 18 * number + 10
        parts.append(f'<path d="M{WIDTH - RIGHT + 12} {at - 4}h18" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 36}" y="{at}">{line.name}</text>')
    return "\n".join([*parts, "</svg>", ""])
