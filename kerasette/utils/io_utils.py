"""Whether progress is shown to somebody who watches, or written as plain lines."""

import threading


class _Logging(threading.local):
    interactive = True


_logging = _Logging()


def enable_interactive_logging() -> None:
    """Show progress as a bar, where the output is a terminal or a notebook."""
    _logging.interactive = True


def disable_interactive_logging() -> None:
    """Write progress as plain lines, wherever the output goes."""
    _logging.interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress may be shown as a bar."""
    return _logging.interactive
