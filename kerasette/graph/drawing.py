"""A graph as a picture: SVG, a row for each depth, arrows from operands to operations."""

from html import escape

from kerasette.graph.ir import Graph, Value

_ROW, _GAP, _LETTER, _HEIGHT = 64, 18, 6.6, 34  # pixels
_COLOURS = {"input": "#d0ebff", "constant": "#f1f3f5", "operation": "#ffe8cc"}


def svg(graph: Graph) -> str:
    """The graph as a drawing in SVG: inputs on top, each operation below its operands."""
    depths: dict[Value, int] = dict.fromkeys([*graph.inputs, *graph.constants], 0)
    boxes: list[tuple[int, str, str, str, list[Value], list[Value]]] = [
        (0, "input", f"input {number}", _typed(value), [], [value])
        for number, value in enumerate(graph.inputs)
    ]
    boxes += [(0, "constant", "constant", _typed(v), [], [v]) for v in graph.constants]
    for node in graph.nodes:
        depth = 1 + max((depths[value] for value in node.inputs), default=0)
        depths.update(dict.fromkeys(node.outputs, depth))
        shapes = ", ".join(_typed(value) for value in node.outputs)
        boxes.append((depth, "operation", node.op.name, shapes, node.inputs, node.outputs))
    where: dict[Value, tuple[float, float]] = {}
    ends: dict[int, float] = {}
    parts: list[str] = []
    for depth, kind, title, below, inputs, outputs in boxes:
        width = max(len(title), len(below)) * _LETTER + 14
        left, top = ends.get(depth, 10.0), 10 + depth * _ROW
        ends[depth] = left + width + _GAP
        middle = left + width / 2
        for value in inputs:
            x, y = where[value]
            parts.append(f'<path d="M{x:.0f} {y:.0f}L{middle:.0f} {top}" marker-end="url(#a)"/>')
        where.update(dict.fromkeys(outputs, (middle, top + _HEIGHT)))
        strong = ' stroke-width="2.5"' if set(outputs) & set(graph.outputs) else ""
        parts.append(
            f'<rect x="{left:.0f}" y="{top}" width="{width:.0f}" height="{_HEIGHT}" rx="4" '
            f'fill="{_COLOURS[kind]}"{strong}/>'
            f'<text x="{middle:.0f}" y="{top + 14}" font-weight="bold">{escape(title)}</text>'
            f'<text x="{middle:.0f}" y="{top + 28}">{escape(below)}</text>'
        )
    width, height = max(ends.values(), default=20), 20 + _ROW * (max(ends, default=0) + 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}">'
        "<style>text{font:11px sans-serif;text-anchor:middle}rect,path{stroke:#495057}"
        "path{fill:none;stroke-width:.8}</style>"
        '<defs><marker id="a" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" '
        'markerHeight="6" orient="auto"><polygon points="0,0 6,3 0,6"/></marker></defs>'
        + "".join(parts)
        + "</svg>\n"
    )


def _typed(value: Value) -> str:
    return f"{value.spec.dtype}[{', '.join(str(size) for size in value.spec.shape)}]"
