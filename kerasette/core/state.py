"""What is going on in this thread: open tapes, an open trace, symbolic inference, scopes."""

import threading
from typing import Any


class ThreadState(threading.local):
    """``busy`` is true when an operation has more to do than compute: the eager fast path asks it
    alone.
    """

    busy: bool = False
    tapes: tuple[Any, ...] = ()
    trace: Any = None  # the innermost open trace
    symbolic: bool = False  # inside shape inference: values have no content
    stand_in: int | None = None  # what stands for unknown sizes in shape inference
    guessed: bool = False  # whether something's size was found to depend on values
    stateless: Any = None  # the innermost StatelessScope
    autocast: str | None = None  # dtype that float variables are read in, within a layer
    entry: Any = None  # the outermost layer that is being called
    training: bool | None = None  # what it was called with
    remat: Any = None  # the innermost RematScope
    repeating: bool = False  # in the second pass of what was done before

    def refresh(self) -> None:
        self.busy = bool(self.tapes) or self.trace is not None or self.symbolic


state = ThreadState()
