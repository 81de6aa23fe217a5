"""What a layer's call has to know of the calls around it: is this training, which is outermost."""

import threading
from typing import Any


class CallContext(threading.local):
    """The outermost layer being called in this thread, and the ``training`` it was called with."""

    entry: Any = None
    training: bool | None = None


context = CallContext()


class Edits:
    """How often an attribute of any layer was set: what depends on layers asks whether it grew."""

    count = 0


edits = Edits()
