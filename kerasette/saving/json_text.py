"""JSON in files: read only where it takes no more memory than such a file may ask for."""

import json
from typing import Any

CONTAINERS = 2**18  # lists and objects; three bytes of text make one of hundreds of bytes


def read_json(text: str | bytes, containers: int = CONTAINERS) -> Any:
    """The value of a JSON text.

    >>> read_json('{"class_name": "Dense"}')
    {'class_name': 'Dense'}

    Raises: ValueError for what is no JSON, is nested too deeply, or has more than
    ``containers`` lists and objects, which no model's description has.
    """
    marks: tuple[Any, Any] = (b"[", b"{") if isinstance(text, bytes) else ("[", "{")
    count = sum(text.count(mark) for mark in marks)  # also of those within texts, which are few
    if count > containers:
        raise ValueError(f"it has {count} lists and objects; at most {containers} may be")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
