"""What callbacks tell the user, on a line of its own, above a progress bar where one is shown."""

import sys


def say(text: str) -> None:
    """Print ``text`` without tearing the progress bar apart."""
    if "tqdm" in sys.modules:
        from tqdm.auto import tqdm

        tqdm.write(text)
    else:
        print(text, flush=True)
