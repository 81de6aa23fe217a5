"""What a command prints: for people, for programs (``--json``), or nothing (``--quiet``)."""

import json
import shutil
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click


class Output:
    """Prints lines for people, or events as JSON lines; a run's log gets every event."""

    def __init__(self, quiet: bool = False, as_json: bool = False):
        self.quiet, self.as_json = quiet, as_json
        self._log: IO[bytes] | None = None

    @property
    def is_for_people(self) -> bool:
        return not self.quiet and not self.as_json

    @property
    def verbose(self) -> int:
        """What ``fit`` shows: a bar in a terminal, lines in a file, nothing."""
        if not self.is_for_people:
            return 0
        return 1 if sys.stdout.isatty() else 2

    def say(self, text: str = "") -> None:
        """A line for people."""
        if self.is_for_people:
            click.echo(text)

    def pairs(self, rows: list[tuple[str, str]]) -> None:
        """Lines of a word and what it is, for people; a bold word where colours are shown."""
        width = max((len(word) for word, _ in rows), default=0)
        for word, text in rows:
            first, *more = folded(text, width + 2)
            self.say(f"{click.style(word.ljust(width), bold=True)}  {first}")
            for line in more:
                self.say(f"{' ' * width}  {line}")

    def open_log(self, path: Path) -> None:
        """Append events to a file from now on, after the last one that is whole."""
        self._log = path.open("a+b")
        self._log.seek(0)
        self._log.truncate(self._log.read().rfind(b"\n") + 1)

    def close_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def event(self, name: str, **values: Any) -> None:
        """Something that happened: into the log, and with ``--json`` to the output."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": moment, "event": name, **values}, default=plain_value)
        if self._log is not None:
            self._log.write(line.encode() + b"\n")
            self._log.flush()
        if self.as_json and (not self.quiet or name == "end"):
            click.echo(line)


def folded(text: str, margin: int) -> list[str]:
    """The lines of a text in what a terminal leaves beside a margin; elsewhere the text itself."""
    if not sys.stdout.isatty():
        return [text]
    room = max(20, shutil.get_terminal_size().columns - margin)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [text]


def counted(count: int, thing: str) -> str:
    """How many of a thing there are.

    >>> counted(1, "epoch"), counted(12_000, "step")
    ('1 epoch', '12,000 steps')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def plain_value(value: Any) -> Any:
    """numpy's values as Python's, for JSON; paths as texts."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def number(value: Any) -> str:
    """A number for people: four decimals, exponents for the very small and large.

    >>> number(0.98765), number(0.00001234), number(3)
    ('0.9877', '1.23e-05', '3')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):
        return f"{value:.2e}"
    return f"{value:.4f}"


def metrics_line(metrics: dict[str, Any]) -> str:
    """Metrics in a line: ``loss 0.1234 · accuracy 0.9812``."""
    return " · ".join(f"{name} {number(value)}" for name, value in metrics.items())


def duration(seconds: float) -> str:
    """A time for people.

    >>> duration(3.21), duration(75), duration(7380)
    ('3.2 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def size(count: float) -> str:
    """A number of bytes for people.

    >>> size(512), size(2_500_000)
    ('512 B', '2.4 MiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
