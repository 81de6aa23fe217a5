"""The version of kerasette, written here and nowhere else.

Not ``version.py``: the package exports a function ``version``, and a module of that name would
take its place as soon as somebody imported it.
"""

__version__ = "0.1.0"
