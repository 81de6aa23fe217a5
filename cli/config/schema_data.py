"""The section ``data``: where samples come from, and what is done to them."""

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from .fields import (
    ArrayNames,
    Count,
    IsPath,
    Named,
    Positive,
    Scale,
    ScaleByName,
    Section,
    ShapeByName,
    Share,
    by_name,
    choice,
    received,
    wrong,
)


class Split(Section):
    """How samples are parted. What validates and tests is never seen in training."""

    validation: Share = 0.1
    """Share (below 1) or number of the training samples that is held back to validate with."""
    test: Share | None = None
    """Share or number held back to test with. Default: the source's own test data, else 0.1."""
    stratify: bool | None = None
    """Each class gives the same share. Default: where the targets are classes."""
    seed: int | None = None
    """Of the shuffling before the split. Default: the config's seed."""


class Source(Section):
    """What every source of data takes."""

    split: Split = Split()
    """How samples are parted into training, validation and test data."""
    limit: Positive | None = None
    """Use only so many samples, for a quick try."""


class ArraySource(Source):
    """Arrays of numbers, one sample a row."""

    scale: ScaleByName = None
    """A factor (1/255); or standardize or minmax, fitted to the training samples. A mapping gives
    one for each input."""
    reshape: ShapeByName = None
    """The shape of one sample, such as [28, 28, 1]; -1 for the length that is left. A mapping gives
    one for each input."""
    one_hot: bool = False
    """Turn class numbers into rows of zeros with a one."""


class Digits(ArraySource):
    """1,797 grey images of digits, 8 by 8 pixels, values 0 to 16; comes with kerasette."""

    type: Literal["digits"]


class Iris(ArraySource):
    """150 flowers of three species by four lengths; comes with kerasette."""

    type: Literal["iris"]


class Mnist(ArraySource):
    """70,000 grey images of digits, 28 by 28 pixels, values 0 to 255."""

    type: Literal["mnist"]
    path: Annotated[str | None, IsPath()] = None
    """A folder with the four IDX files, or an .npz file. Default: downloaded once."""


class FashionMnist(ArraySource):
    """70,000 grey images of ten kinds of clothes, 28 by 28 pixels, values 0 to 255."""

    type: Literal["fashion_mnist"]
    path: Annotated[str | None, IsPath()] = None
    """A folder with the four IDX files, or an .npz file. Default: downloaded once."""


class Arrays(ArraySource):
    """Arrays in an .npz or HDF5 file."""

    type: Literal["arrays"]
    path: Annotated[str, IsPath()]
    """The file."""
    x: ArrayNames = None
    """Name of the samples' array; or names by input: {left: a, right: b}. Default: x or x_train."""
    y: ArrayNames = None
    """Name of the targets' array; or names by output: {a: one, b: two}. Default: y or y_train."""
    x_test: ArrayNames = None
    """Name of the test samples' array, or names as in x. Default: x_test, if there is one."""
    y_test: ArrayNames = None
    """Name of the test targets' array, or names as in y. Default: y_test, if there is one."""


class Function(ArraySource):
    """What a function of the file given as --code returns: (x, y), or ((x, y), (x, y)).

    Arrays, or dicts of arrays by input and output.
    """

    type: Literal["function"]
    name: str
    """The function's name."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What it is called with."""


class Column(Section):
    """How one column is made into numbers."""

    type: Annotated[str, choice("number", "category", "date", "text", "ignore")]
    """number, category, date, text, or ignore. Default: what the training samples look like."""
    most: Positive | None = None
    """For category and text: how many of the most frequent values or words are kept."""
    scale: Scale = "standardize"
    """For number: a factor, standardize, minmax or null."""
    format: str | None = None
    """For date: how dates are written, as in %d.%m.%Y. Default: found out."""


def _targets(value: Any) -> Any:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise wrong(f"must be the name of a column, or a list of names. {received(value)}.")
    return value


Targets = Annotated[Any, PlainValidator(_targets, json_schema_input_type=str | list[str])]
"""A column, or several."""

_TARGET_TYPES = ("auto", "number", "category")


def _target_type(value: Any) -> Any:
    if value not in _TARGET_TYPES:
        raise wrong(f"must be one of {', '.join(_TARGET_TYPES)}. {received(value)}.")
    return value


class Table(Source):
    """Rows of a CSV or Parquet file, with columns of any kind."""

    type: Literal["table"]
    path: Annotated[str, IsPath()]
    """The file; its suffix tells the format: .csv, .tsv, .txt, .parquet; also .gz."""
    target: Targets
    """The column to predict; or a list of columns, each for the model's output of its name."""
    target_type: Annotated[Any, by_name(_target_type)] = "auto"
    """number: regression; category: classification. Default: by what the column holds. A mapping
    gives one for each target."""
    target_scale: ScaleByName = None
    """Scaling of a numeric target, undone again in predictions. A mapping gives one for each."""
    test: Annotated[str | None, IsPath()] = None
    """A second file of the same columns to test with."""
    columns: dict[str, Annotated[Column, Named]] = Field(default_factory=dict)
    """How columns are read, by name: {city: category, note: {type: text, most: 200}}."""
    inputs: dict[str, list[str]] | None = None
    """Columns by the model's input that they go to. Default: all of them to the one input."""
    ignore: list[str] = Field(default_factory=list)
    """Columns to leave out."""
    delimiter: str | None = None
    """What parts the fields of a text file. Default: found out from the first lines."""
    missing: list[str] = ["", "NA", "N/A", "NaN", "nan", "null", "None", "?"]
    """Texts that stand for a missing value."""


class Images(Source):
    """A folder with a folder of pictures for each class; other than PNG need the extra [data]."""

    type: Literal["images"]
    path: Annotated[str, IsPath()]
    """The folder; where it has the folders train and test, these hold the classes' folders."""
    size: Annotated[list[Positive], Field(min_length=2, max_length=2)]
    """Height and width that all pictures are brought to."""
    color: Annotated[str, choice("rgb", "grey", "rgba")] = "rgb"
    """rgb (three channels), grey (one) or rgba (four)."""
    fit: Annotated[str, choice("stretch", "crop", "pad")] = "stretch"
    """How pictures of another form get the size: stretch, crop or pad."""
    scale: Scale = 1 / 255
    """A factor; or standardize or minmax, fitted to the training pictures."""
    cache: Count = 1024
    """MiB of pictures, ready made, that are kept in memory. The others are read again each time."""


class Text(Source):
    """Texts of classes: a folder with a folder of .txt files for each, or a table."""

    type: Literal["text"]
    path: Annotated[str, IsPath()]
    """The folder, or a .csv, .tsv or .parquet file."""
    text: str = "text"
    """In a table, the column with the texts."""
    target: str = "label"
    """In a table, the column with the classes."""
    vocabulary: Positive = 10_000
    """How many of the most frequent words are kept."""
    length: Positive = 200
    """Number of words that texts are cut or filled up to."""
    lower: bool = True
    """Whether upper and lower case are the same."""


class TimeSeries(Source):
    """Windows over the rows of a table in the order of time."""

    type: Literal["time_series"]
    path: Annotated[str, IsPath()]
    """The .csv, .tsv or .parquet file, one moment a row, the oldest first."""
    target: Targets
    """The column or columns to predict."""
    columns: list[str] | None = None
    """The columns that the prediction is made from. Default: all that hold numbers."""
    window: Positive = 24
    """Number of rows that a prediction sees."""
    horizon: Positive = 1
    """How many rows after the window's last one is the one that is predicted."""
    stride: Positive = 1
    """Number of rows from the beginning of a window to that of the next."""
    scale: Scale = "standardize"
    """Of the columns, and of the target, undone again in predictions."""
    delimiter: str | None = None
    """What parts the fields of a text file. Default: found out from the first lines."""


SOURCES = (Digits, Iris, Mnist, FashionMnist, Arrays, Function, Table, Images, Text, TimeSeries)

AnySource = Annotated[
    Digits | Iris | Mnist | FashionMnist | Arrays | Function | Table | Images | Text | TimeSeries,
    Field(discriminator="type"),
    Named,
]

BY_TYPE = {source.model_fields["type"].annotation.__args__[0]: source for source in SOURCES}  # type: ignore[union-attr]
