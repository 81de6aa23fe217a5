"""All rows."""

from typing import Any

from tests.saving.interchange import compile_rows, layer_rows, model_rows
from tests.saving.interchange.exchange import Row

TABLES = (
    model_rows.MODELS,
    layer_rows.LAYERS,
    compile_rows.OPTIMIZERS,
    compile_rows.SCHEDULES,
    compile_rows.LOSSES,
    compile_rows.METRICS,
)
LEFT_OUT = layer_rows.LEFT_OUT | compile_rows.LEFT_OUT


def all_rows(keras: Any) -> list[Row]:
    """Every row that the framework has the class for."""
    found = [row for table in TABLES for row in table.values()]
    return [row for row in found if row.group != "layers" or hasattr(keras.layers, row.name)]
