"""The confusion matrix, the residuals and the model's graph, as tables and SVG."""

from html import escape
from typing import Any

from .charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, _range, _ticks, short

_BOX, _GAP, _ROW = 168, 20, 62


def confusion(labels: list[str], matrix: list[list[int]]) -> str:
    """A table of true classes by predicted ones; a cell is the darker the more samples it has."""
    most = max((max(row) for row in matrix), default=1) or 1
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label in labels)
    rows = []
    for label, row in zip(labels, matrix, strict=True):
        total = sum(row) or 1
        cells = []
        for other, count in zip(labels, row, strict=True):
            share = 100 * count / total
            title = f"{label} predicted as {other}: {count} of {total} ({share:.1f} %)"
            kind = "right" if label == other else "wrong"
            style = f"--share:{count / most:.3f}"
            cells.append(
                f'<td class="{kind}" style="{style}" title="{escape(title)}">{count or ""}</td>'
            )
        rows.append(f"<tr><th scope='row'>{escape(label)}</th>{''.join(cells)}</tr>")
    return (
        '<div class="wide"><table class="confusion"><caption>true classes in rows, predicted ones '
        f"in columns</caption><tr><th></th>{head}</tr>{''.join(rows)}</table></div>"
    )


def residuals(target: str, true: list[float], predicted: list[float]) -> str:
    """Predicted values over true ones, and the line on which they would be equal."""
    low, high = _range([*true, *predicted], is_log=False)

    def across(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<path class="equal" d="M{across(low)} {up(low)} L{across(high)} {up(high)}"/>']
    for tick in _ticks(low, high):
        place = f'x="{LEFT - 6}" y="{up(tick) + 4:.1f}"'
        parts.append(f'<text class="tick end" {place}>{short(tick)}</text>')
        place = f'x="{across(tick):.1f}" y="{HEIGHT - BOTTOM + 16}"'
        parts.append(f'<text class="tick mid" {place}>{short(tick)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="tick mid" x="{middle}" y="{HEIGHT - 4}">true</text>')
    for a, b in zip(true, predicted, strict=True):
        title = f"true {a:g}, predicted {b:g}, off by {b - a:.3g}"
        point = f'<circle class="point" cx="{across(a):.1f}" cy="{up(b):.1f}" r="3">'
        parts.append(f"{point}<title>{title}</title></circle>")
    return (
        f'<figure class="chart"><figcaption>{escape(target)}: predicted over true</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="predicted over true">'
        f"{''.join(parts)}</svg></figure>"
    )


def histogram(target: str, true: list[float], predicted: list[float]) -> str:
    """How often predictions are off by how much: predicted less true, in bars."""
    off = [b - a for a, b in zip(true, predicted, strict=True)]
    low, high = _range([*off, 0.0], is_log=False)
    count = max(5, min(25, round(len(off) ** 0.5) * 2))
    width = (high - low) / count
    bars = [0] * count
    for value in off:
        bars[min(count - 1, int((value - low) / width))] += 1
    most = max(bars)

    def across(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)

    parts = []
    for tick in (tick for tick in _ticks(0, most) if tick % 1 == 0):
        ends = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(tick):.1f}" y2="{up(tick):.1f}"'
        place = f'x="{LEFT - 6}" y="{up(tick) + 4:.1f}"'
        parts.append(f'<line class="grid" {ends}/>')
        parts.append(f'<text class="tick end" {place}>{short(tick)}</text>')
    for tick in _ticks(low, high):
        place = f'x="{across(tick):.1f}" y="{HEIGHT - BOTTOM + 16}"'
        parts.append(f'<text class="tick mid" {place}>{short(tick)}</text>')
    for index, bar in enumerate(bars):
        first = low + index * width
        title = f"off by {first:.3g} to {first + width:.3g}: {bar} of {len(off)}"
        place = f'x="{across(first) + 0.5:.1f}" y="{up(bar):.1f}"'
        sizes = f'width="{across(first + width) - across(first) - 1:.1f}"'
        tall = f'height="{up(0) - up(bar):.1f}"'
        parts.append(f'<rect class="bar" {place} {sizes} {tall}><title>{title}</title></rect>')
    zero = f'x1="{across(0):.1f}" x2="{across(0):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"'
    parts.append(f'<line class="equal" {zero}/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="tick mid" x="{middle}" y="{HEIGHT - 4}">predicted less true</text>')
    return (
        f'<figure class="chart"><figcaption>{escape(target)}: residuals</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="residuals">'
        f"{''.join(parts)}</svg></figure>"
    )


def graph(layers: list[dict[str, Any]]) -> str:
    """The layers as boxes from top to bottom, with lines from what they take."""
    takes = _takes(layers)
    depth: dict[str, int] = {}
    for name, sources in takes.items():
        depth[name] = 1 + max((depth[source] for source in sources), default=-1)
    rows: dict[int, list[dict[str, Any]]] = {}
    for layer in layers:
        rows.setdefault(depth[layer["name"]], []).append(layer)
    width = max(len(row) for row in rows.values()) * (_BOX + _GAP) + _GAP
    places: dict[str, tuple[float, float]] = {}
    boxes = []
    for number, row in sorted(rows.items()):
        start = (width - len(row) * (_BOX + _GAP) + _GAP) / 2
        for index, layer in enumerate(row):
            x, y = start + index * (_BOX + _GAP), 8 + number * _ROW
            places[layer["name"]] = (x + _BOX / 2, y)
            boxes.append(_box(layer, x, y))
    lines = [
        f'<line class="edge" x1="{places[source][0]}" y1="{places[source][1] + 42}" '
        f'x2="{places[name][0]}" y2="{places[name][1]}"/>'
        for name, sources in takes.items()
        for source in sources
    ]
    height = (max(rows) + 1) * _ROW
    return (
        f'<div class="wide"><svg class="graph" viewBox="0 0 {width} {height}" '
        f'style="max-width:{width}px" role="img" aria-label="graph of the model">'
        f"{''.join(lines)}{''.join(boxes)}</svg></div>"
    )


def _box(layer: dict[str, Any], x: float, y: float) -> str:
    middle = x + _BOX / 2
    title = f"{layer['name']}: {layer['weights']:,} weights"
    return (
        f"<g><title>{escape(title)}</title>"
        f'<rect class="box" x="{x}" y="{y}" width="{_BOX}" height="42" rx="6"/>'
        f'<text class="strong mid" x="{middle}" y="{y + 18}">{escape(layer["class"])}</text>'
        f'<text class="tick mid" x="{middle}" y="{y + 34}">{escape(layer["shape"])}</text></g>'
    )


def _takes(layers: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The layers that each layer takes the outputs of; those of a chain follow one another."""
    names = [layer["name"] for layer in layers]
    is_chain = all(len(layer["inputs"]) <= 1 for layer in layers)
    takes: dict[str, list[str]] = {}
    for index, layer in enumerate(layers):
        known = [name for name in layer["inputs"] if name in takes]
        takes[layer["name"]] = known or (names[index - 1 : index] if is_chain and index else [])
    return takes
