"""``LearningRateSchedule``: a learning rate as a function of the number of updates."""

from typing import Any

from kerasette.declared import Declared, declared_config, declared_fields


class LearningRateSchedule(Declared):
    """The base of schedules: subclasses write ``__call__(self, step)`` and ``get_config``.

    >>> class Half(kerasette.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 / (1 + step)
    """

    registry_kind = "schedule"

    def __call__(self, step: Any) -> Any:
        """The learning rate, a scalar, for the update after ``step`` others."""
        raise NotImplementedError(f"{type(self).__name__} has no `__call__` method: write it.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        if not declared_fields(type(self)):
            raise NotImplementedError(f"{type(self).__name__} has no `get_config`: write it.")
        return declared_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A schedule made of what ``get_config`` gave."""
        return cls(**config)
