"""``DTypePolicyMap``: policies for the layers of a model, by their paths."""

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from kerasette.dtype_policies.policy import DTypePolicy
from kerasette.registry import register
from kerasette.saving.custom_objects import CustomObjectScope
from kerasette.saving.serialization import serialize_keras_object

__all__ = ["DTypePolicyMap"]


class DTypePolicyMap(DTypePolicy, MutableMapping[str, Any]):
    """Policies by the paths of layers; the keys may be regular expressions.

    ``map[path]`` is the policy of that very key, else of the one regular expression that matches
    the whole path, else the default.

    Args:
        default_policy: the policy of all other layers; the global one where it is ``None``.
        policy_map: a dict of policies to begin with.

    >>> policies = kerasette.dtype_policies.DTypePolicyMap("float32")
    >>> policies["encoder/.*"] = "bfloat16"
    >>> policies["encoder/dense"], policies["dense"]
    (<DTypePolicy "bfloat16">, <DTypePolicy "float32">)

    Raises: ValueError for a key that is there already, or a path that two expressions match.
    """

    keras_module = "keras.dtype_policies"

    def __init__(self, default_policy: Any = None, policy_map: dict[str, Any] | None = None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("`default_policy` cannot be a DTypePolicyMap itself.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(f"`policy_map` must be a dict. Received: policy_map={policy_map!r}.")
        self._default = default_policy
        self._policies = {key: _policy(value) for key, value in (policy_map or {}).items()}
        _policy(default_policy)  # refuses what is no policy

    @property
    def default_policy(self) -> Any:
        """The policy of a layer that no key speaks of."""
        return _policy(self._default)

    @property
    def name(self) -> str:
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        return self.default_policy.quantization_mode

    def __getitem__(self, key: str) -> Any:
        if key in self._policies:
            return self._policies[key]
        matching = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                f"The path {key!r} matches several keys of this DTypePolicyMap: {matching}. Make "
                "the keys such that each path matches one at most."
            )
        return self._policies[matching[0]] if matching else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policies:
            raise ValueError(f"The key {key!r} is in this DTypePolicyMap already. Delete it first.")
        self._policies[key] = _policy(policy)

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def get_config(self) -> dict[str, Any]:
        default = serialize_keras_object(self._default)
        return {"default_policy": default, "policy_map": serialize_keras_object(self._policies)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "DTypePolicyMap":
        with CustomObjectScope(custom_objects):
            return cls(**config)

    __eq__ = DTypePolicy.__eq__
    __hash__ = DTypePolicy.__hash__

    def __repr__(self) -> str:
        listed = {key: policy.name for key, policy in self._policies.items()}
        return f"<DTypePolicyMap default={self.default_policy.name!r}, {listed}>"


def _policy(value: Any) -> Any:
    from kerasette.dtype_policies.by_name import get

    return get(value)


register("dtype_policy", DTypePolicyMap)
