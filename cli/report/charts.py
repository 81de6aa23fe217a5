"""Line charts as SVG, with the values beside for the script that shows them on hover."""

import json
import math
from html import escape

WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 34

Series = dict[str, list[float | None]]


def line_chart(
    title: str, x: list[float], series: Series, x_name: str = "epoch", may_be_log: bool = True
) -> str:
    """A figure with one line for each series; ``None`` leaves a gap."""
    values = [v for line in series.values() for v in line if v is not None and math.isfinite(v)]
    if not values or not x:
        return ""
    is_log = may_be_log and min(values) > 0 and max(values) / min(values) > 100
    low, high = _range(values, is_log)
    first, last = min(x), max(x) if max(x) > min(x) else min(x) + 1

    def across(value: float) -> float:
        return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        share = (_scaled(value, is_log) - low) / (high - low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = []
    for tick in _powers(low, high) if is_log else _ticks(low, high):
        value = 10**tick if is_log else tick
        y = up(value)
        ends = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
        parts.append(f'<line class="grid" {ends}/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{short(value)}</text>')
    for tick in _ticks(first, last, 6):
        if float(tick).is_integer():
            place = f'x="{across(tick):.1f}" y="{HEIGHT - BOTTOM + 16}"'
            parts.append(f'<text class="tick mid" {place}>{tick:.0f}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="tick mid" x="{middle}" y="{HEIGHT - 4}">{escape(x_name)}</text>')
    legend = []
    for index, (name, line) in enumerate(series.items()):
        parts += [f'<path class="line s{index % 6}" d="{d}"/>' for d in _paths(x, line, across, up)]
        legend.append(f'<span class="key s{index % 6}">{escape(name)}</span>')
    data = {
        "x": x, "series": series, "left": across(first), "right": across(last), "width": WIDTH,
        "first": first, "last": last, "name": x_name,
    }  # fmt: skip
    note = " (logarithmic)" if is_log else ""
    return (
        f'<figure class="chart" data-chart="{escape(json.dumps(data))}"><figcaption>{escape(title)}'
        f'{note}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}<line class="cursor" y1="{TOP}" '
        f'y2="{HEIGHT - BOTTOM}"/></svg><div class="legend">{"".join(legend)}</div></figure>'
    )


def short(value: float) -> str:
    """A number of three digits for an axis."""
    return f"{value:.3g}"


def _scaled(value: float, is_log: bool) -> float:
    return math.log10(value) if is_log else value


def _range(values: list[float], is_log: bool) -> tuple[float, float]:
    low, high = (_scaled(v, is_log) for v in (min(values), max(values)))
    margin = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two bounds, about ``count`` of them."""
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step)
    return [index * step for index in range(first, math.floor(high / step) + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Whole powers of ten between two bounds."""
    return [float(power) for power in range(math.ceil(low), math.floor(high) + 1)]


def _paths(x: list[float], line: list[float | None], across, up) -> list[str]:  # type: ignore[no-untyped-def]
    """Path data for the stretches without gaps; a single point becomes a short dash."""
    stretches: list[list[str]] = [[]]
    for place, value in zip(x, line, strict=True):
        if value is None or not math.isfinite(value):
            stretches.append([])
        else:
            stretches[-1].append(f"{across(place):.1f} {up(value):.1f}")
    return [
        "M" + " L".join(points) + (" h2" if len(points) == 1 else "")
        for points in stretches
        if points
    ]
