"""The report: whole in one page, and drawn by a real browser where there is one."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from kerasette.cli.main import run
from kerasette.cli.report.charts import line_chart
from kerasette.cli.report.figures import confusion, graph

CONFIG = """\
version: 1
name: "<b>&'quoted'"
data: {type: iris, scale: standardize}
model:
  layers:
    - {type: Dense, units: 8, name: first, activation: relu}
    - {type: Dense, units: 3, activation: softmax, inputs: first}
compile:
  optimizer: {type: Adam, learning_rate: {type: ExponentialDecay, initial_learning_rate: 0.05,
                                          decay_steps: 5, decay_rate: 0.9}}
  loss: sparse_categorical_crossentropy
  metrics: [accuracy]
fit: {epochs: 5}
"""
NUMBERS = """\
version: 1
data: {type: table, path: a.csv, target: y, target_scale: standardize}
model: {layers: [{type: Dense, units: 1}]}
compile: {optimizer: sgd, loss: mse}
fit: {epochs: 3}
"""


@pytest.fixture
def report(folder):
    """The report of a run of a config, as text, and its path."""

    def of(config):
        (folder / "c.yaml").write_text(config)
        (folder / "a.csv").write_text("x,y\n" + "\n".join(f"{i},{i * 1.5}" for i in range(60)))
        assert run(["train", "c.yaml", "-q"]) == 0
        (path,) = folder.glob("runs/*/report.html")
        return path.read_text(encoding="utf-8"), path

    return of


class Balanced(HTMLParser):
    """Fails where elements are not closed in the order in which they were opened."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        pass


def test_page_is_whole(report):
    text, _ = report(CONFIG)
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert (
        not re.findall(r"""(?:src|href)=['"](?!data:)""", text)
        and "http:" not in text
        and "https:" not in text
    )
    for words in ("test accuracy", "learning rate", "waiting for data", "true classes in rows",
                  "Dense", "n × 8", "c.yaml:3:14", "Environment"):  # fmt: skip
        assert words in text, words
    assert "<b>&'" not in text  # what people write stands there as text


def test_residuals_are_in_the_targets_units(report):
    text, _ = report(NUMBERS)
    assert "y: predicted over true" in text and "y: residuals" in text
    bars = [int(n) for n in re.findall(r"<title>off by [^:]*: (\d+) of", text)]
    true = [float(value) for value in re.findall(r"<title>true ([-\d.e+]+),", text)]
    assert sum(bars) == len(true)
    assert true and all(
        value % 1.5 == pytest.approx(0, abs=1e-3) or value % 1.5 > 1.49 for value in true
    )


def test_report_is_written_anew(report, capsys):
    text, path = report(CONFIG)
    path.unlink()
    assert run(["report", "last"]) == 0
    assert path.read_text(encoding="utf-8") == text
    (path.parent / "facts.json").write_text("no json")
    assert run(["report", "last"]) == 4


def test_charts_of_odd_values():
    assert line_chart("t", [], {"a": []}) == ""
    assert line_chart("t", [1.0], {"a": [None]}) == ""
    assert "h2" in line_chart("t", [1.0], {"a": [3.0]})
    gaps = line_chart("t", [1.0, 2.0, 3.0, 4.0], {"a": [1.0, None, 2.0, 3.0], "b": [0.5] * 4})
    assert gaps.count('class="line s0"') == 2 and gaps.count('class="line s1"') == 1
    assert "(logarithmic)" in line_chart("t", [1.0, 2.0], {"a": [1.0, 1e-4]})
    assert "nan" not in line_chart("t", [1.0, 2.0], {"a": [1.0, float("nan")]})


def test_confusion_and_graph():
    table = confusion(["a", "b"], [[3, 1], [0, 4]])
    assert "a predicted as b: 1 of 4 (25.0 %)" in table
    layer = {"class": "Dense", "shape": "n × 3", "weights": 1, "trainable": True}
    names = {"x": [], "a": ["x"], "b": ["x"], "c": ["a", "b"]}
    drawn = graph([{**layer, "name": name, "inputs": inputs} for name, inputs in names.items()])
    assert drawn.count("<rect") == 4 and drawn.count('class="edge"') == 4


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs the browser chromium")


@pytest.fixture
def drawn(folder):
    """The DOM and the console of a page, whose script ends with ``script``, in a real browser."""

    def of(text, script, *options):
        path = folder / "shown.html"
        path.write_text(text.replace("</script></body>", f"{script}</script></body>"), "utf-8")
        command = [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}",
            *options, "--dump-dom", path.as_uri(),
        ]  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        console = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
        return ran.stdout, console

    return of


HOVER = """
const chart = document.querySelector('[data-chart] svg'), box = chart.getBoundingClientRect();
chart.dispatchEvent(new PointerEvent('pointermove',
  {clientX: box.left + box.width / 2, clientY: box.top + 9}));
document.title = [getComputedStyle(document.body).backgroundColor, box.width > 300,
  performance.getEntriesByType('resource').filter(one => !one.name.startsWith('data:')).length,
  document.querySelectorAll('svg path.line').length].join(' ');
"""
PHONE = """
const frame = document.createElement('iframe'), whole = document.documentElement.cloneNode(true);
frame.style.cssText = 'width:360px;height:800px;border:0';
document.body.append(frame);
frame.contentDocument.write(whole.outerHTML.replace(/<script[^]*<.script>/, ''));
frame.contentDocument.close();
const root = frame.contentDocument.documentElement;
document.title = [root.clientWidth, root.scrollWidth].join(' of ');
"""


@pytest.mark.slow
@needs_browser
def test_a_browser_draws_it(report, drawn):
    """Without an error in the console: seven lines in four charts, and values on hover."""
    text, _ = report(CONFIG)
    page, console = drawn(text, HOVER)
    assert "<title>rgb(255, 255, 255) true 0 7</title>" in page
    assert re.search(r'<div class="tip"[^>]*><b>epoch 3</b><div><span class="key s0">', page)
    assert console == []
    dark, console = drawn(text, HOVER, "--blink-settings=preferredColorScheme=0")
    assert "<title>rgb(20, 23, 26)" in dark and console == []


@pytest.mark.slow
@needs_browser
def test_it_fits_a_phone(report, drawn):
    """At 360 pixels nothing but what scrolls by itself is wider than the page."""
    text, _ = report(CONFIG)
    page, _ = drawn(text, PHONE, "--hide-scrollbars")
    assert "<title>360 of 360</title>" in page


@pytest.mark.slow
@needs_browser
def test_nothing_from_outside_would_be_loaded(report, drawn):
    """The browser refuses it, and says so."""
    text, _ = report(NUMBERS)
    other = "<img src='https://127.0.0.1:9/x.png'><script src='https://127.0.0.1:9/x.js'></script>"
    _, console = drawn(text.replace("<body>", f"<body>{other}"), "")
    assert len([line for line in console if "Content Security Policy" in line]) == 2
