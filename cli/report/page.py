"""The report's page, made of what lies in a run's folder."""

import json
from html import escape
from typing import Any

from ..errors import CheckpointProblem
from ..output import duration, number
from ..run.folder import RunFolder
from ..run.history import HistoryFile
from ..run.statefile import write_text
from .charts import Series, line_chart
from .figures import confusion, graph, histogram, residuals
from .look import SCRIPT, STYLE

_NOT_METRICS = ("epoch", "learning_rate", "seconds", "step_ms", "waited_ms")

# The page asks for nothing from outside, and a browser lets it get nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def write_report(run: RunFolder) -> None:
    """Write ``report.html`` into the run's folder. Raises ``CheckpointProblem``."""
    write_text(run.report, page(run))


def page(run: RunFolder) -> str:
    """The page as text."""
    state = run.read_state()
    facts = _read(run)
    name = escape(run.path.name)
    parts = [
        _head(name, state),
        _about(facts),
        _cards(state),
        _charts(HistoryFile(run.history).read()),
    ]
    drawn = _predictions(facts.get("analysis") or {})
    if drawn:
        parts.append(f"<h2>Predictions of the {escape(facts['part'])} data</h2>{drawn}")
    if facts.get("layers"):
        model = f"{_layers(facts['layers'])}{graph(facts['layers'])}"
        parts.append(f"<h2>Model</h2><div class='charts'>{model}</div>")
    parts += [_environment(run), _config(run)]
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta http-equiv='Content-Security-Policy' content=\"{_POLICY}\">"
        f"<title>{name}</title><link rel='icon' href='data:,'><style>{STYLE}</style></head><body>"
        f"{''.join(parts)}<script>{SCRIPT}</script></body></html>\n"
    )


def _predictions(analysis: dict[str, Any]) -> str:
    """How predictions compare with targets, drawn; for several outputs one below the other."""
    if analysis.get("kind") == "confusion":
        return confusion(analysis["labels"], analysis["matrix"])
    if analysis.get("kind") == "residuals":
        figure = residuals(analysis["target"], analysis["true"], analysis["predicted"])
        spread = histogram(analysis["target"], analysis["true"], analysis["predicted"])
        return f"<div class='charts'>{figure}{spread}</div>"
    parts = {name: _predictions(part) for name, part in analysis.get("outputs", {}).items()}
    return "".join(f"<h3>{escape(name)}</h3>{drawn}" for name, drawn in parts.items() if drawn)


def _read(run: RunFolder) -> dict[str, Any]:
    if not run.facts.exists():
        return {}
    try:
        return json.loads(run.facts.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointProblem(f"{run.facts} cannot be read: {error}.") from error


def _head(name: str, state: dict[str, Any]) -> str:
    began = escape(str(state.get("started", ""))[:16].replace("T", " "))
    message = f"<p>{escape(state['message'])}</p>" if state.get("message") else ""
    status = escape(state.get("status", ""))
    return f"<h1>{name}</h1><p class='soft'>{status} · begun {began}</p>{message}"


def _about(facts: dict[str, Any]) -> str:
    """What was trained on what, as the command said it."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(word)}</th><td>{escape(said)}</td></tr>"
        for word, said in facts.get("about", ())
    )
    return f"<table class='about'>{rows}</table>" if rows else ""


def _cards(state: dict[str, Any]) -> str:
    cards = [(f"test {name}", number(value)) for name, value in (state.get("test") or {}).items()]
    best = state.get("best") or {}
    cards += [(f"best {name}", number(value)) for name, value in best.items() if name != "epoch"]
    if best:
        cards.append(("best epoch", f"{best['epoch']} of {state.get('epochs')}"))
    if state.get("seconds") is not None:
        cards.append(("trained", duration(state["seconds"])))
    shown = "".join(f"<div class='card'>{escape(n)}<b>{escape(v)}</b></div>" for n, v in cards)
    return f"<div class='cards'>{shown}</div>"


def _charts(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    epochs = [float(row["epoch"]) for row in rows]
    columns: Series = {
        name: [float(row[name]) if row.get(name) else None for row in rows] for name in rows[0]
    }
    names = [n for n in columns if n not in _NOT_METRICS and not n.startswith("val_")]
    charts = []
    for name in names:
        lines: Series = {"training": columns[name]}
        if f"val_{name}" in columns:
            lines["validation"] = columns[f"val_{name}"]
        charts.append(line_chart(name, epochs, lines))
    charts.append(line_chart("learning rate", epochs, {"rate": columns["learning_rate"]}))
    times: Series = {"step": columns["step_ms"], "of it waiting for data": columns["waited_ms"]}
    charts.append(line_chart("milliseconds a step", epochs, times, may_be_log=False))
    return f"<h2>Training</h2><div class='charts'>{''.join(charts)}</div>"


def _layers(layers: list[dict[str, Any]]) -> str:
    total = sum(layer["weights"] for layer in layers)
    rows = "".join(
        f"<tr><td>{escape(layer['name'])}</td><td>{escape(layer['class'])}</td>"
        f"<td>{escape(layer['shape'])}</td><td class='number'>{layer['weights']:,}</td>"
        f"<td>{'' if layer['trainable'] else 'frozen'}</td></tr>"
        for layer in layers
    )
    return (
        f"<div class='wide'><table><caption>{len(layers)} layers, {total:,} weights</caption>"
        "<tr><th>name</th><th>class</th><th>output</th><th class='number'>weights</th><th></th>"
        f"</tr>{rows}</table></div>"
    )


def _environment(run: RunFolder) -> str:
    try:
        found = json.loads(run.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    packages = ", ".join(f"{name} {version}" for name, version in found.pop("packages", {}).items())
    found["command"] = " ".join(found.get("command", ()))
    rows = "".join(
        f"<tr><th scope='row'>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>"
        for name, value in {**found, "packages": packages}.items()
        if value is not None
    )
    return f"<h2>Environment</h2><table class='about'>{rows}</table>"


def _config(run: RunFolder) -> str:
    """The whole config; defaults, and where values come from, in a softer colour."""
    try:
        text = run.resolved.read_text(encoding="utf-8")
    except OSError:
        return ""
    lines = []
    for line in text.splitlines():
        value, mark, origin = line.partition("  # ")
        if origin == "default":
            lines.append(f"<span class='soft'>{escape(line)}</span>")
            continue
        said = f"<span class='soft origin'>{escape(mark + origin)}</span>" if mark else ""
        lines.append(escape(value) + said)
    return "<h2>Config</h2><pre>" + "\n".join(lines) + "</pre>"
