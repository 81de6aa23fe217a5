"""Whether progress is shown to somebody who watches, and printing that no terminal refuses."""

import sys

from kerasette.arrays.switches import switches


def enable_interactive_logging() -> None:
    """Show progress as a bar, where the output is a terminal or a notebook."""
    switches.interactive_logging = True


def disable_interactive_logging() -> None:
    """Write progress as plain lines, wherever the output goes."""
    switches.interactive_logging = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress may be shown as a bar."""
    return switches.interactive_logging


def print_line(text: str) -> None:
    """Print a line; what the output's encoding does not have becomes a plain character.

    Some terminals have no box drawing: their tables are drawn with ``-`` and ``=``.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate(str.maketrans("─━│…", "-=|."))
        text = plain.encode(encoding, "replace").decode(encoding)
    print(text, flush=True)
