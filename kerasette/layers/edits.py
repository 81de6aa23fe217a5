"""How what depends on layers learns that one of them was changed."""


class Edits:
    """How often an attribute of any layer was set: what depends on layers asks whether it grew."""

    count = 0


edits = Edits()
