"""``CheckpointFolder``: the only place where the state of a training run is written and read."""

import contextlib
import re
import warnings
from pathlib import Path
from typing import Any

from kerasette.errors import FileError
from kerasette.saving.state_file import load_state, save_state

_NAME = re.compile(r"checkpoint-(\d{6,})\.state")
_BEST = "best_checkpoint"  # the entry of a state that names the file of the best one


class CheckpointFolder:
    """The last few checkpoints of a run, numbered, and the best one.

    Each is whole or not there, and ends with a checksum. A file that is damaged nevertheless is
    passed over for the one before it.

    Args:
        folder: a folder for this alone; it is made at the first write.
        keep: how many of the last ones are kept.
    """

    def __init__(self, folder: Any, keep: int = 2):
        if not isinstance(keep, int) or isinstance(keep, bool) or keep < 1:
            raise ValueError(f"`keep` must be a positive integer. Received: keep={keep!r}.")
        self.path = Path(folder)
        self.keep = keep
        self._best: str | None = None
        self._damaged: set[str] = set()

    def files(self) -> list[Path]:
        """All checkpoints, the oldest first."""
        if not self.path.is_dir():
            return []
        found = [path for path in self.path.iterdir() if _NAME.fullmatch(path.name)]
        return sorted(found, key=_number)

    @property
    def latest(self) -> Path | None:
        """The newest file, whether it is whole or not."""
        return next(reversed(self.files()), None)

    def read(self) -> Any:
        """The state in the newest checkpoint that is whole; ``None`` where there are none.

        Damaged ones are told of by a warning.

        Raises: FileError where all are damaged, or the folder cannot be read.
        """
        try:
            files = self.files()
        except OSError as error:
            raise FileError(f"{str(self.path)!r} cannot be read: {error.strerror}.") from error
        self._damaged.clear()
        for path in reversed(files):
            try:
                state = _state_in(path)
            except FileError as error:
                self._damaged.add(path.name)
                if path == files[0]:
                    raise
                warnings.warn(f"{error} The one before it is taken.", stacklevel=2)
                continue
            best = state.get(_BEST)
            self._best = best if best in [path.name for path in files] else None
            return state
        return None

    def read_best(self) -> Any:
        """The state in the best checkpoint.

        Raises: FileError where there is none, or it is damaged.
        """
        if self._best is None:
            self.read()
        if self._best is None:
            raise FileError(f"There is no best checkpoint in {str(self.path)!r}.")
        return _state_in(self.path / self._best)

    def write(self, state: dict[str, Any], is_best: bool = False) -> Path:
        """Add a checkpoint, and drop those that are not to be kept any more.

        Raises: FileError, in one sentence, where that cannot be; those before it are there then.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            files = self.files()
        except OSError as error:
            why = error.strerror or str(error)
            raise FileError(f"The folder {str(self.path)!r} cannot be used: {why}.") from error
        path = self.path / f"checkpoint-{_number(files[-1]) + 1 if files else 1:06d}.state"
        best = path.name if is_best else self._best
        save_state(path, state | {_BEST: best})
        self._best = best
        self._tidy([*files, path])
        return path

    def _tidy(self, files: list[Path]) -> None:
        whole = [path for path in files if path.name not in self._damaged]
        kept = {path.name for path in whole[-self.keep :]} | {self._best}
        self._remove([path for path in files if path.name not in kept])
        self._damaged.clear()

    def clear(self) -> None:
        """Remove all checkpoints, the oldest first, and the folder where nothing else is in it."""
        self._remove(self.files())
        self._best = None
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def _remove(self, files: list[Path]) -> None:
        """Also what saves that were killed have left. What cannot be removed is no harm."""
        left = self.path.glob(".checkpoint-*.part") if self.path.is_dir() else ()
        for path in [*files, *left]:
            with contextlib.suppress(OSError):
                path.unlink()


def _state_in(path: Path) -> dict[str, Any]:
    state = load_state(path)
    if not isinstance(state, dict):
        raise FileError(f"{path} is no checkpoint: it holds {type(state).__name__}, not a dict.")
    return state


def _number(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    assert found is not None
    return int(found[1])
