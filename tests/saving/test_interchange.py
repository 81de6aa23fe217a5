"""Files of real Keras are read as Keras reads them; what kerasette writes is read again.

The files are in ``data/keras_written.zip``, made by ``make_fixtures.py``. That Keras reads what
kerasette writes is checked where Keras is, by ``benchmarks/interchange.py``.
"""

import warnings
import zipfile

import pytest

import kerasette
from kerasette import registry
from tests.saving.interchange import exchange
from tests.saving.interchange.model_rows import MODELS
from tests.saving.interchange.rows import LEFT_OUT, TABLES, all_rows
from tests.saving.make_fixtures import ARCHIVE

ROWS = {row.folder: row for row in all_rows(kerasette)}
with zipfile.ZipFile(ARCHIVE) as _archive:
    NAMES = [n for n in _archive.namelist() if not n.endswith(exchange.EXPECTED)]
FILES = [(name.partition("/")[0], name.partition("model.")[2]) for name in NAMES]
HERE = [(folder, ending) for folder, ending in FILES if folder in ROWS]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder with all files of the archive."""
    folder = tmp_path_factory.mktemp("keras")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize(("folder", "ending"), HERE, ids=[f"{f}/{e}" for f, e in HERE])
def test_reads_what_keras_wrote(written, folder, ending):
    """Outputs, compile arguments and optimizer are equal, and training goes on to the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not exchange.read(kerasette, ROWS[folder], written / folder, ending)


@pytest.mark.parametrize("name", MODELS)
def test_reads_what_it_wrote(tmp_path, name):
    """In every format, also those that Keras does not have for the model."""
    row = MODELS[name]
    exchange.write(kerasette, row, tmp_path)
    for ending in exchange.FORMATS:
        if (tmp_path / f"model.{ending}").exists():
            assert not exchange.read(kerasette, row, tmp_path, ending)


def test_every_row_has_its_files():
    """The archive is as new as the rows."""
    known = {row.folder for table in TABLES for row in table.values()}
    assert {folder for folder, _ in FILES} == known
    assert len(HERE) > 250


@pytest.mark.parametrize("kind", ["layer", "optimizer", "schedule", "loss", "metric"])
def test_every_class_has_a_row(kind):
    """What is registered travels, or it is said why not; a class that comes anew needs a row."""
    classes = {
        getattr(found, "keras_name", found.__name__)
        for found in registry.table(kind).values()
        if isinstance(found, type)
    }
    travelling = {row.name.partition(" ")[0] for table in TABLES for row in table.values()}
    assert classes - travelling - LEFT_OUT.keys() == set()
    assert travelling & LEFT_OUT.keys() == set()
