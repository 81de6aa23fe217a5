"""What a word is."""

import re

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def words_of(text: str | None, lower: bool = True) -> list[str]:
    """The words of a text: runs of letters and digits, an apostrophe between them allowed.

    >>> words_of("It's 5 o'clock, Tom.")
    ["it's", '5', "o'clock", 'tom']
    """
    if not text:
        return []
    return _WORD.findall(text.lower() if lower else text)
