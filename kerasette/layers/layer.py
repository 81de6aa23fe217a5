"""``Layer``: the base of all layers and models: building, calling, masks, dtypes, config."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerasette import dtype_policies, regularizers, tree
from kerasette.arrays import dtypes
from kerasette.core.infer import infer
from kerasette.core.naming import name_scope
from kerasette.core.operation import Node, has_symbol
from kerasette.core.remat import remat
from kerasette.core.state import state
from kerasette.core.stateless import StatelessScope
from kerasette.core.tensor import KerasTensor, Tensor, TensorBase, Traced
from kerasette.core.variable import eager_scope
from kerasette.declared import declared_config, declared_fields
from kerasette.layers.call_signature import (
    CallSignature,
    build_arguments,
    known_shape,
    tensor_arguments,
)
from kerasette.layers.input_spec import check_inputs
from kerasette.layers.layer_state import LayerState
from kerasette.layers.shapes import as_shape, input_shape_argument, shapes_only


class Layer(LayerState):
    """A function with weights. Subclasses make weights in ``build`` and compute in ``call``.

    Args:
        activity_regularizer: a penalty on the layer's outputs.
        trainable: whether training changes the weights.
        dtype: the dtype or dtype policy, such as "float32" or "mixed_bfloat16".
        autocast: whether float inputs are cast to the compute dtype.
        name: the layer's name; made up where none is given.

    >>> class Scale(kerasette.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scale()(ops.ones((2, 3))).shape
    (2, 3)
    """

    registry_kind = "layer"
    input_spec: Any = None
    supports_masking: bool = False

    if TYPE_CHECKING:  # of a declared layer, any arguments will do

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __init__(  # type: ignore[no-redef]
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name)
        self._variables = self.__dict__.get("_variables", [])
        self._losses: list[Any] = []
        self._build_shapes: dict[str, Any] | None = None
        self.built = False
        self.autocast = autocast
        self.supports_masking = _overridden(self, "compute_mask")
        self.supports_jit = True
        self.input_spec = None
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        if not isinstance(trainable, bool):
            raise ValueError(f"`trainable` must be a bool. Received: trainable={trainable!r}.")
        self._trainable = trainable
        self._batch_input_shape = input_shape_argument(kwargs)
        if kwargs:
            raise ValueError(
                f"Layer {type(self).__name__} got unknown arguments: {sorted(kwargs)}."
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _building(cls.__dict__["build"])  # type: ignore[method-assign]

    # Building

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of ``input_shape``; subclasses with weights write it."""
        self.built = True

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that this layer was built for, for files."""
        if self._build_shapes is None:
            return None
        if len(self._build_shapes) == 1:
            return {"input_shape": next(iter(self._build_shapes.values()))}
        return {"shapes_dict": self._build_shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build for the shapes that ``get_build_config`` gave."""
        if config and not self.built:
            if "input_shape" in config:
                self.build(as_shape(config["input_shape"]))
            elif "shapes_dict" in config:
                self.build(**{k: as_shape(v) for k, v in config["shapes_dict"].items()})

    # Dtypes

    @property
    def dtype_policy(self) -> Any:
        """The dtypes that this layer computes in and keeps its variables in."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)

    @property
    def dtype(self) -> str:
        """The dtype of the variables."""
        return self.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype that the layer computes in."""
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that float inputs are cast to."""
        return self.compute_dtype

    # Calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        signature = self._call_signature
        args, kwargs = self._converted(args, kwargs)
        given = dict(kwargs)  # what the caller said: the rest is filled in for this call alone
        outermost = state.entry is None
        before = (state.entry, state.training)
        if outermost:
            state.entry = self
            self._clear_losses()
        try:
            training = self._training(signature, args, kwargs)
            state.training = training
            named = signature.bind(args, kwargs)
            tensors = tensor_arguments(named)
            self._take_masks(signature, named, tensors, kwargs)
            if not self.built:
                self._build_for(tensors)
            first = named.get(signature.first) if signature.first else None
            if self.input_spec is not None and first is not None:
                check_inputs(self.input_spec, first, self.name)
            if not state.symbolic and has_symbol(args, kwargs):
                outputs = self.symbolic_call(*args, **kwargs)
                Node(self, args, given, outputs)
                return outputs
            return self._computed(first, args, kwargs)
        finally:
            state.entry, state.training = before

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer gives for KerasTensors, as KerasTensors."""
        return self.compute_output_spec(*args, **kwargs)

    def _computed(self, first: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call itself, in the layer's dtype, with what follows from its outputs."""
        autocast = state.autocast
        state.autocast = self.compute_dtype if self.autocast else None
        try:
            with name_scope(self.name, caller=self):
                call = self.call
                if self._remat_mode is not None:
                    call = self.rematerialized_call(call, *args, **kwargs)
                outputs = call(*args, **kwargs)
        except Exception as error:
            _explain(error, self, args, kwargs)
            raise
        finally:
            state.autocast = autocast
        if self.activity_regularizer is not None:
            for output in tree.flatten(outputs):
                if isinstance(output, (Tensor, Traced)):
                    penalty = self.activity_regularizer(output)
                    # A mean over the batch, so that its size does not change the strength.
                    size = output.shape[0] if output.shape else 1
                    self.add_loss(penalty / size if size else penalty * 0.0)
        self._give_masks(first, outputs)
        return outputs

    @functools.cached_property
    def _call_signature(self) -> CallSignature:
        if "built" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__} did not call super().__init__() in its own __init__: add "
                "it as the first line."
            )
        return CallSignature(self.call)

    def _converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Arrays made tensors, and float tensors cast to the compute dtype."""
        if not kwargs and len(args) == 1 and type(args[0]) is Tensor:  # the common case, quickly
            dtype = args[0].dtype
            if dtype == self.input_dtype or not dtypes.is_float(dtype):
                return args, kwargs

        def convert(value: Any) -> Any:
            if not (isinstance(value, TensorBase) or hasattr(value, "__array__")):
                return value
            converted = self._dtype_policy.convert_input(value, self.autocast, self.input_dtype)
            mask = getattr(value, "_keras_mask", None)
            if mask is not None and converted is not value:
                converted._keras_mask = mask
            return converted

        return tree.map_structure(convert, args), tree.map_structure(convert, kwargs)

    def _training(
        self, signature: CallSignature, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Whether this call trains: what it was told, else what the call around it was told."""
        training = kwargs.get("training")
        if training is None and signature.takes_training:
            index = (
                signature.positional.index("training")
                if "training" in signature.positional
                else len(args)
            )
            if index < len(args):
                return args[index]
        if training is None:
            training = state.training
        if training is None:
            training = signature.training_default
        if signature.takes_training:
            if training is not None:
                kwargs["training"] = training
        elif not signature.takes_any:
            kwargs.pop("training", None)
        return training

    def _take_masks(
        self,
        signature: CallSignature,
        named: dict[str, Any],
        tensors: dict[str, Any],
        kwargs: dict[str, Any],
    ) -> None:
        """Fill the mask parameters of ``call`` from the masks that its tensors carry."""
        for name, value in tensors.items():
            parameter = "mask" if name == signature.first else f"{name}_mask"
            own = f"{name}_mask"
            if own in signature.masks:
                parameter = own
            if parameter not in signature.masks or named.get(parameter) is not None:
                continue
            masks = tree.map_structure(lambda leaf: getattr(leaf, "_keras_mask", None), value)
            if any(mask is not None for mask in tree.flatten(masks)):
                kwargs[parameter] = masks

    def _give_masks(self, inputs: Any, outputs: Any) -> None:
        """Set on the outputs the masks that ``compute_mask`` says they have."""
        if not self.supports_masking:
            return
        values = [x for x in tree.flatten(outputs) if isinstance(x, (Tensor, Traced, KerasTensor))]
        previous = tree.map_structure(lambda x: getattr(x, "_keras_mask", None), inputs)
        if values and all(getattr(x, "_keras_mask", None) is not None for x in values):
            return
        masks = self.compute_mask(inputs, previous)
        if masks is None:
            return
        for output, mask in zip(values, tree.flatten(masks), strict=False):
            if mask is not None and getattr(output, "_keras_mask", None) is None:
                output._keras_mask = mask  # type: ignore[union-attr]

    def rematerialized_call(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """``fn`` as the RematScope in which the layer was made wants it."""
        mode = self._remat_mode
        if mode is None:
            return fn
        if mode.mode == "list_of_layers" and self.name in mode.layer_names:
            return remat(fn)
        if mode.mode == "activations" and self.__dict__.get("activation") is not None:
            return self._with_activation_again(fn)
        return super().rematerialized_call(fn, *args, **kwargs)

    def _with_activation_again(self, fn: Any) -> Any:
        @functools.wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            own = self.__dict__["activation"]
            self.__dict__["activation"] = remat(own)  # past `__setattr__`: nothing is edited
            try:
                return fn(*args, **kwargs)
            finally:
                self.__dict__["activation"] = own

        return call

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes; subclasses write it."""
        raise NotImplementedError(f"Layer {type(self).__name__} has no `call` method: write it.")

    def _build_for(self, tensors: dict[str, Any]) -> None:
        if not tensors:
            with eager_scope():
                self.built = True
            return
        self.build(**build_arguments(self.build, tensors))
        self.built = True

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The masks of the outputs, given those of the inputs: the same unless overridden."""
        return previous_mask

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes and dtypes of the outputs, as KerasTensors; nothing is computed."""
        if _overridden(self, "compute_output_shape"):
            named = self._call_signature.bind(args, kwargs)
            tensors = tensor_arguments(named)
            shapes = build_arguments(self.compute_output_shape, tensors)
            shape = self.compute_output_shape(**shapes)
            return tree.map_shape_structure(
                lambda one: KerasTensor(one, self.compute_dtype), shapes_only(shape)
            )

        def run(*args: Any, **kwargs: Any) -> Any:
            named = self._call_signature.bind(args, kwargs)
            first = named.get(self._call_signature.first) if self._call_signature.first else None
            return self._computed(first, args, kwargs)

        return infer(run, args, kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shapes of the outputs for inputs of the given shapes (``None``: unknown size).

        >>> kerasette.layers.Dense(4).compute_output_shape((None, 8))
        (None, 4)
        """

        def symbol(shape: Any) -> Any:
            return KerasTensor(shape, self.compute_dtype)

        names = self._call_signature.names
        given = {k.removesuffix("_shape"): v for k, v in kwargs.items()}
        call_args = [tree.map_shape_structure(symbol, shape) for shape in args]
        call_kwargs = {
            str(k if k in names else self._call_signature.first): tree.map_shape_structure(
                symbol, v
            )
            for k, v in given.items()
        }
        if not self.built:
            tensors = tensor_arguments(self._call_signature.bind(tuple(call_args), call_kwargs))
            self._build_for(tensors)
        outputs = self.compute_output_spec(*call_args, **call_kwargs)
        return tree.map_structure(lambda x: known_shape(x), outputs)

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call with given values in the variables' places; nothing is changed.

        Returns: ``(outputs, non_trainable_variables)``, and the losses with ``return_losses``.
        """
        if not self.built:
            raise ValueError(f"Build layer {self.name!r} before `stateless_call`.")
        mine = [self.trainable_variables, self.non_trainable_variables]
        given = [list(trainable_variables), list(non_trainable_variables)]
        for name, have, got in zip(("trainable", "non_trainable"), mine, given, strict=True):
            if len(have) != len(got):
                raise ValueError(
                    f"`{name}_variables` must hold {len(have)} values. Received: {len(got)}."
                )
        mapping = list(zip(mine[0] + mine[1], given[0] + given[1], strict=True))
        with StatelessScope(mapping, collect_losses=return_losses) as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else []
        after = [scope.get_current_value(variable) for variable in mine[1]]
        return (outputs, after, losses) if return_losses else (outputs, after)

    # Config

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self._dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if declared_fields(type(self)):
            config.update(declared_config(self))
        elif not _overridden(self, "get_config"):
            base = ("name", "trainable", "dtype", "activity_regularizer")
            own = {k: v for k, v in self._auto_config().items() if k not in base}
            config.update(own)
        return config

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Replace the weights by quantized ones; for layers that can."""
        raise NotImplementedError(f"Layer {type(self).__name__} cannot be quantized.")

    def quantized_build(self, input_shape: Any, mode: Any) -> None:
        """Make the weights of the quantized form; for layers that can be quantized."""
        raise NotImplementedError(f"Layer {type(self).__name__} cannot be quantized.")

    @property
    def quantization_mode(self) -> Any:
        """The name of the quantization in use, or ``None``."""
        return getattr(self._dtype_policy, "quantization_mode", None)

    @property
    def path(self) -> str:
        """The name with those of the scopes in which the layer was built."""
        return getattr(self, "_path", None) or self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _building(build: Callable[..., Any]) -> Callable[..., Any]:
    """``build`` made to run outside of any trace or tape, and to note the shapes it was given."""

    @functools.wraps(build)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> None:
        from kerasette.core.naming import current_path

        with eager_scope(), name_scope(self.name, caller=self):
            self._path = current_path()
            build(self, *args, **kwargs)
        bound = inspect.signature(build).bind(self, *args, **kwargs).arguments
        self._build_shapes = dict(list(bound.items())[1:])
        self.built = True

    return wrapped


def _overridden(layer: Any, method: str) -> bool:
    return getattr(type(layer), method) is not getattr(Layer, method)


def _explain(error: Exception, layer: Any, args: Any, kwargs: Any) -> None:
    """Say in which layer an error arose, and with what inputs (as a note of the exception)."""
    if getattr(error, "__notes__", None):
        return

    def shown(value: Any) -> str:
        if isinstance(value, TensorBase):
            return f"{known_shape(value)} {value.dtype}"
        return repr(value)

    given = [shown(x) for x in tree.flatten(args)]
    given += [f"{k}={shown(v)}" for k, v in kwargs.items() if v is not None]
    error.add_note(
        f"This arose in the call of layer {layer.name!r} ({type(layer).__name__}), "
        f"which received: {', '.join(given)}."
    )
