"""Tables in a terminal."""

import shutil
import sys

import click


def lines_of_table(
    head: list[str], rows: list[list[str]], right: frozenset[int] = frozenset()
) -> list[str]:
    """Columns as wide as they need to be, under a bold head; those in ``right`` end flush. A line
    that is wider than the terminal is cut.

    >>> lines_of_table(["name", "size"], [["a", "10"], ["bc", "7"]], frozenset({1}))[1:]
    ['a       10', 'bc       7']
    """
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def line(row: list[str]) -> str:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        text = "  ".join(cells).rstrip()
        return text if room is None or len(text) <= room else f"{text[: room - 1]}…"

    return [click.style(line(head), bold=True), *map(line, rows)]
