"""How a report looks, and the script that shows values on hover."""

STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c2127; --soft: #5c6670; --line: #d9dee3;
  --card: #f6f7f9; --good: 27 110 194; --bad: 196 69 54; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e6e9ec; --soft: #9aa4ae;
  --line: #333a41; --card: #1c2024; --good: 96 165 230; --bad: 230 120 100; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 16px; color: var(--text);
  background: var(--back); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 32px 0 8px; } h3 { font-size: 1rem; margin: 16px 0 8px; }
.soft { color: var(--soft); }
.cards, .charts { display: grid; gap: 12px; }
.cards { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.card, .chart { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 12px; margin: 0; position: relative; }
.card b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
.tick { font-size: 11px; fill: var(--soft); }
.mid { text-anchor: middle; } .end { text-anchor: end; }
.strong { font-size: 13px; font-weight: 600; fill: var(--text); }
.grid { stroke: var(--line); } .cursor { stroke: var(--soft); visibility: hidden; }
.edge { stroke: var(--soft); } .box { fill: var(--card); stroke: var(--line); }
.equal { stroke: var(--soft); stroke-dasharray: 4 4; } .bar { fill: rgb(var(--good) / .75); }
.point { fill: rgb(var(--good) / .6); }
.line { fill: none; stroke-width: 2; stroke-linecap: round; }
.s0 { stroke: #2f7dd1; color: #2f7dd1; } .s1 { stroke: #e08214; color: #e08214; }
.s2 { stroke: #2e9e6b; color: #2e9e6b; } .s3 { stroke: #c2539a; color: #c2539a; }
.s4 { stroke: #7f6fd0; color: #7f6fd0; } .s5 { stroke: #9a8c2c; color: #9a8c2c; }
.key::before { content: "■ "; } .key { margin-right: 14px; } .legend { font-size: 13px; }
.tip { position: absolute; pointer-events: none; background: var(--back); padding: 4px 8px;
  z-index: 1; border: 1px solid var(--line); border-radius: 6px; font-size: 13px;
  white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 13px; padding-bottom: 4px; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: left;
  white-space: nowrap; }
.about th { vertical-align: top; padding-left: 0; color: var(--soft); font-weight: 600; }
.about td { white-space: normal; overflow-wrap: anywhere; } .about { margin-bottom: 12px; }
.number { text-align: right; }
.confusion td { text-align: center; min-width: 40px; border: 1px solid var(--back); }
.confusion .right { background: rgb(var(--good) / calc(.08 + .72 * var(--share))); }
.confusion .wrong { background: rgb(var(--bad) /
  calc(min(1, 1000 * var(--share)) * .25 + .65 * var(--share))); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px;
  overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; }
pre .origin { user-select: none; }
"""

SCRIPT = """
for (const figure of document.querySelectorAll("[data-chart]")) {
  const chart = JSON.parse(figure.dataset.chart), svg = figure.querySelector("svg");
  const cursor = figure.querySelector(".cursor"), tip = document.createElement("div");
  tip.className = "tip"; tip.hidden = true; figure.append(tip);
  const show = value => value === null ? "–" : Number(value.toPrecision(5)).toString();
  const move = event => {
    const box = svg.getBoundingClientRect(), scale = chart.width / box.width;
    const place = (event.clientX - box.left) * scale;
    const share = (place - chart.left) / (chart.right - chart.left);
    const at = chart.first + share * (chart.last - chart.first);
    let near = 0;
    chart.x.forEach((x, i) => { if (Math.abs(x - at) < Math.abs(chart.x[near] - at)) near = i; });
    const x = chart.left + (chart.x[near] - chart.first) / (chart.last - chart.first)
      * (chart.right - chart.left);
    cursor.setAttribute("x1", x); cursor.setAttribute("x2", x); cursor.style.visibility = "visible";
    tip.textContent = "";
    const head = document.createElement("b");
    head.textContent = chart.name + " " + chart.x[near]; tip.append(head);
    Object.entries(chart.series).forEach(([name, values], i) => {
      const row = document.createElement("div"), key = document.createElement("span");
      key.className = "key s" + i % 6; key.textContent = name;
      row.append(key, show(values[near])); tip.append(row);
    });
    tip.hidden = false;
    const left = x / scale + 16;
    tip.style.top = "36px";
    tip.style.left = Math.max(0, left + tip.offsetWidth > figure.clientWidth
      ? x / scale - tip.offsetWidth : left) + "px";
  };
  const leave = () => { tip.hidden = true; cursor.style.visibility = "hidden"; };
  svg.addEventListener("pointermove", move); svg.addEventListener("pointerdown", move);
  svg.addEventListener("pointerleave", leave);
}
"""
