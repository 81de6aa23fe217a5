"""``Config``: values by name, as attributes or by key, that can be frozen."""

import json
from collections.abc import Iterator
from typing import Any

from kerasette.errors import nearest


class Config:
    """Settings by name.

    >>> config = kerasette.utils.Config(rate=0.1)
    >>> config.momentum = 0.9
    >>> config["rate"], config.momentum
    (0.1, 0.9)

    Raises: AttributeError for a name that is not there; ValueError for a change when it is frozen.
    """

    def __init__(self, **kwargs: Any):
        object.__setattr__(self, "_config", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """Whether values can no longer be changed."""
        return bool(self.__dict__["_frozen"])

    def freeze(self) -> None:
        """Allow no more changes."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def _changeable(self) -> dict[str, Any]:
        if self.frozen:
            raise ValueError("This Config is frozen: call unfreeze() before changing it.")
        return self._config

    def as_dict(self) -> dict[str, Any]:
        """A copy as a dict."""
        return dict(self._config)

    def to_json(self) -> str:
        """The values as JSON."""
        return json.dumps(self._config)

    def keys(self) -> Any:
        return self._config.keys()

    def values(self) -> Any:
        return self._config.values()

    def items(self) -> Any:
        return self._config.items()

    def pop(self, *args: Any) -> Any:
        return self._changeable().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._changeable().update(*args, **kwargs)

    def get(self, keyname: str, value: Any = None) -> Any:
        return self._config.get(keyname, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self.__dict__.get("_config", {})
        if name == "_config":
            return found
        if name not in found:
            raise AttributeError(f"This Config has no {name!r}.{nearest(name, found)}")
        return found[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._changeable()[name] = value

    def __getitem__(self, key: str) -> Any:
        return self._config[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._changeable()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._changeable()[key]

    def __contains__(self, key: str) -> bool:
        return key in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
