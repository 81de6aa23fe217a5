"""The schema of a config file, version 1."""

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from .fields import Count, IsPath, Object, Positive, Section, choice, received, wrong
from .schema_data import AnySource


def _objects(value: Any) -> Any:
    """One object, or a list or mapping of them (one for each output); none where it is null."""
    from .fields import _object

    if isinstance(value, list):
        return [_objects(entry) for entry in value]
    if isinstance(value, dict) and "type" not in value and not _looks_misspelt(value):
        return {key: _objects(entry) for key, entry in value.items()}
    return None if value is None else _object(value)


def _looks_misspelt(value: dict[str, Any]) -> bool:
    return len(value) == 1 and isinstance(next(iter(value.values())), dict)


Objects = Annotated[Any, PlainValidator(_objects), WithJsonSchema({})]


class Model(Section):
    """The model: layers, a saved file, or a function of the file given as --code."""

    layers: Annotated[list[Object], Field(min_length=1)] | None = None
    """The layers in order. One with `inputs: name` or `inputs: [names]` takes the outputs of
    layers of these names, in place of that of the layer before it."""
    inputs: dict[str, list[int | None]] | None = None
    """Names and shapes of the inputs, without the batch. Default: one, as the data are."""
    outputs: list[str] | str | None = None
    """Names of the layers whose outputs are the model's. Default: the last layer."""
    name: str | None = None
    """The model's name."""
    file: Annotated[str | None, IsPath()] = None
    """A saved model to go on from: .keras or .h5."""
    weights: Annotated[str | None, IsPath()] = None
    """A .weights.h5 file, loaded into the model."""
    function: str | None = None
    """A function of the file given as --code that returns the model."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What the function is called with."""

    @model_validator(mode="after")
    def _one_way(self) -> "Model":
        given = [way for way in ("layers", "file", "function") if getattr(self, way) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise wrong(f"needs one of layers, file and function. Received: {found}.")
        return self


def _loss_weights(value: Any) -> Any:
    """A number, or a list or mapping of numbers, one for each output."""
    parts = (
        value
        if isinstance(value, list)
        else list(value.values())
        if isinstance(value, dict)
        else [value]
    )
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts):
        raise wrong(f"must be a number, or a list or mapping of numbers. {received(value)}.")
    return value


def _auto_or(kind: type) -> Any:
    def check(value: Any) -> Any:
        if value != "auto" and type(value) is not kind:
            name = {bool: "true, false", int: "a positive integer"}[kind]
            raise wrong(f"must be {name} or auto. {received(value)}.")
        return value

    return PlainValidator(check)


class Compile(Section):
    """What the model is trained with: the arguments of `compile`."""

    optimizer: Object = "rmsprop"
    """The optimizer: adam, or {type: Adam, learning_rate: 1e-3}."""
    loss: Objects = None
    """The loss; a list or mapping of losses where the model has several outputs."""
    loss_weights: Annotated[Any, PlainValidator(_loss_weights)] | None = None
    """Weights of the losses of several outputs."""
    metrics: Objects = None
    """What is measured beside the loss."""
    weighted_metrics: Objects = None
    """Metrics that take the weights of classes or samples into account."""
    run_eagerly: bool = False
    """Run every step as plain Python, for looking into it."""
    steps_per_execution: Annotated[Any, _auto_or(int)] = 1
    """Batches between two visits to Python; auto finds a number."""
    jit_compile: Annotated[Any, _auto_or(bool)] = "auto"
    """Whether steps are compiled."""
    auto_scale_loss: bool = True
    """Scale the loss where the precision is mixed_float16."""


def _class_weight(value: Any) -> Any:
    if value == "balanced":
        return value
    numbers = isinstance(value, dict) and all(
        isinstance(weight, int | float) and not isinstance(weight, bool)
        for weight in value.values()
    )
    if not numbers:
        raise wrong(
            f"must be balanced, or weights by class, such as {{0: 1.0, 1: 2.5}}. {received(value)}."
        )
    return value


class Fit(Section):
    """How long and in what portions the model is trained: the arguments of `fit`."""

    epochs: Positive = 1
    """How often training goes through the data."""
    batch_size: Positive = 32
    """Number of samples in a step."""
    shuffle: bool = True
    """Take the samples in a new order each epoch."""
    class_weight: Annotated[Any, PlainValidator(_class_weight)] | None = None
    """Weights of classes in the loss: {0: 1.0, 1: 2.5}, or balanced."""
    steps_per_epoch: Positive | None = None
    """Steps that make an epoch. Default: those that go through the data once."""
    validation_steps: Positive | None = None
    """Steps that validate. Default: those that go through the validation data once."""
    validation_batch_size: Positive | None = None
    """Number of samples in a step of validation. Default: batch_size."""
    validation_freq: Positive = 1
    """Epochs from one validation to the next."""


class Output(Section):
    """What is kept of a run, and where."""

    folder: Annotated[str, IsPath()] = "runs"
    """The folder that gets a folder for each run. Default: runs, where the command is given."""
    monitor: str | None = None
    """What the best model is best in. Default: val_loss; loss without validation data."""
    mode: Annotated[str, choice("auto", "min", "max")] = "auto"
    """Whether less (min) or more (max) of it is better. Default: known by its name."""
    checkpoint_every: Count = 1
    """Epochs between checkpoints, from which a run is resumed; 0: none but on interruption."""
    keep_checkpoints: Positive = 2
    """How many of them are kept. Where the newest is damaged, a run goes on from the one before."""


class Config(Section):
    """A training run of kerasette: data, model, and how they are brought together."""

    version: Literal[1]
    """The version of this schema."""
    name: str | None = None
    """Names the run's folder. Default: the config file's name."""
    data: AnySource
    """Where samples come from, and what is done to them."""
    model: Model
    """The model: its layers, a saved file, or a function of your own."""
    compile: Compile = Compile()
    """What the model is trained with."""
    fit: Fit = Fit()
    """How long and in what portions it is trained."""
    callbacks: list[Object] = Field(default_factory=list)
    """What else watches the training, such as {type: EarlyStopping, patience: 3}."""
    seed: Count = 0
    """Of all random numbers."""
    device: str = "auto"
    """cpu, gpu, gpu:1. Default: a GPU where there is one that can be used."""
    threads: Positive | None = None
    """Threads to compute with. Default: one for each core."""
    precision: str = "float32"
    """The dtype policy: float32, mixed_bfloat16, mixed_float16, bfloat16, float64…"""
    output: Output = Output()
    """What is kept of the run, and where."""
