"""What ``compile`` was given (one thing, a list, a dict, a nesting), laid out output by output."""

from typing import Any

from kerasette import tree
from kerasette.errors import nearest


class Outputs:
    """The outputs of a model: how many, in which structure, and what they are called."""

    def __init__(self, y_pred: Any, names: list[str] | None):
        self.structure = y_pred
        self.count = len(tree.flatten(y_pred))
        parts = y_pred.values() if isinstance(y_pred, dict) else y_pred
        self.flat = tree.is_nested(y_pred) and not any(tree.is_nested(part) for part in parts)
        if isinstance(y_pred, dict) and self.flat:
            same = names is not None and set(names) == set(y_pred)
            self.keys: list[str] | None = list(names) if same else list(y_pred)  # type: ignore[arg-type]
            self.names: list[str] | None = self.keys
        else:
            self.keys = None
            self.names = names if names is not None and len(names) == self.count else None

    def leaves(self, values: Any) -> list[Any]:
        """Targets, predictions or weights as a list with one entry per output."""
        if isinstance(values, dict) and not self._follows_structure(values):
            keys = self.keys or self.names
            if keys is not None:
                return [values.get(key) for key in keys]
        return tree.flatten(values)

    def _follows_structure(self, given: dict[str, Any]) -> bool:
        """Whether the keys are those of outputs that are nested in dicts."""
        nested = isinstance(self.structure, dict) and not self.flat
        return nested and set(given) <= set(self.structure)

    def spread(self, given: Any, argument: str, single: bool) -> list[Any]:
        """``given`` as a list with one entry per output.

        Args:
            given: what the user gave for ``argument`` of ``compile``.
            argument: its name, for errors.
            single: whether one thing stands for every output (a loss), or a list of things for
                the one output (metrics).

        Raises: ValueError where it does not fit the outputs.
        """
        if given is None:
            return [None] * self.count
        if self.count == 1 and not (single and isinstance(given, (list, tuple))):
            if isinstance(given, dict):
                self._check_keys(given, argument)
                return [next(iter(given.values()), None)]
            return [given]
        if not tree.is_nested(given):
            if single:
                return [given] * self.count
            return self._refuse(given, argument)
        if isinstance(given, dict) and not self._follows_structure(given):
            self._check_keys(given, argument)
            keys = self.keys or self.names
            if keys is None:
                return self._refuse(given, argument)
            return [given.get(key) for key in keys]
        if len(given) == self.count and (self.flat or self.count == 1):
            return list(given)
        try:
            wanted = tree.lists_to_tuples(self.structure)
            found: list[Any] = []
            tree.map_structure_up_to(wanted, lambda one: found.append(one), _tuples(given, wanted))
            return found
        except ValueError:
            return self._refuse(given, argument)

    def _check_keys(self, given: dict[str, Any], argument: str) -> None:
        keys = self.keys or self.names
        if keys is None:
            return
        for key in given:
            if key not in keys:
                raise ValueError(
                    f"`{argument}` names an output {key!r} that the model does not have. "
                    f"Its outputs are {keys}.{nearest(key, keys)}"
                )

    def _refuse(self, given: Any, argument: str) -> Any:
        names = f" named {self.names}" if self.names else ""
        raise ValueError(
            f"`{argument}` must have one entry for each of the model's {self.count} outputs"
            f"{names}. Received: {argument}={given!r}."
        )


def _tuples(given: Any, wanted: Any) -> Any:
    """Lists as tuples down to the depth of ``wanted``; what lies deeper belongs to one output."""
    if isinstance(wanted, tuple) and isinstance(given, (list, tuple)):
        if len(given) != len(wanted):
            raise ValueError("lengths differ")
        return tuple(_tuples(g, w) for g, w in zip(given, wanted, strict=True))
    if isinstance(wanted, dict) and isinstance(given, dict):
        return {key: _tuples(given[key], wanted[key]) for key in wanted if key in given}
    return given


def kind_of_targets(y_true: Any, y_pred: Any) -> str:
    """ "binary", "sparse" or "categorical": how the targets' shape stands to the predictions'."""
    if y_pred.shape[-1] == 1:
        return "binary"
    fewer = len(y_true.shape) < len(y_pred.shape)
    if fewer or (y_true.shape[-1] == 1 and y_pred.shape[-1] > 1):
        return "sparse"
    return "categorical"
