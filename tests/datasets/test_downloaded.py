"""Keras's data sets, downloaded from a server of the tests' own in the real files' formats."""

import hashlib
import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasette import datasets
from kerasette.arrays import settings
from kerasette.datasets import (
    boston_housing,
    california_housing,
    cifar,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
    sources,
)
from tests.datasets.samples import (
    cifar_batch,
    images,
    labels,
    mnist_arrays,
    mnist_files,
    npz_bytes,
    ragged,
    tar_bytes,
    zipped,
)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def publish(server, monkeypatch):
    """Serve a data set's file in place of the real one, with its checksum."""
    monkeypatch.setattr(sources, "KERAS_FILES", server.url)
    monkeypatch.setattr(fashion_mnist, "KERAS_FILES", server.url)
    monkeypatch.setattr(cifar, "ORIGIN", server.url)

    def serve(module, name, content, constant="FILE_HASH"):
        server.files[name] = content
        monkeypatch.setattr(module, constant, sha256(content))

    return serve


def assert_mnist(result):
    (x_train, y_train), (x_test, y_test) = result
    for found, expected in zip(
        (x_train, y_train, x_test, y_test), mnist_arrays().values(), strict=True
    ):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)


SIGNATURES = {
    mnist: "path='mnist.npz'",
    fashion_mnist: "path=None",
    cifar10: "",
    cifar100: "label_mode='fine'",
    boston_housing: "path='boston_housing.npz', test_split=0.2, seed=113",
    california_housing: "version='large', path='california_housing.npz', test_split=0.2, seed=113",
    imdb: "path='imdb.npz', num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1,"
    " oov_char=2, index_from=3, **kwargs",
    reuters: "path='reuters.npz', num_words=None, skip_top=0, maxlen=None, test_split=0.2,"
    " seed=113, start_char=1, oov_char=2, index_from=3",
}


@pytest.mark.parametrize("module", SIGNATURES, ids=lambda module: module.__name__.split(".")[-1])
def test_signatures(module):
    signature = inspect.signature(module.load_data)
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(parameters)) == f"({SIGNATURES[module]})"


class TestMnist:
    def test_download(self, publish, server):
        publish(mnist, "mnist.npz", npz_bytes(**mnist_arrays()))
        assert_mnist(mnist.load_data())
        assert_mnist(mnist.load_data())
        assert server.answers == 1

    def test_name_in_cache(self, publish, cache):
        publish(mnist, "mnist.npz", npz_bytes(**mnist_arrays()))
        assert_mnist(mnist.load_data("other.npz"))
        assert (cache / "datasets" / "other.npz").exists()

    def test_other_file_is_refused(self, publish, server, cache):
        publish(mnist, "mnist.npz", b"the real file")
        server.files["mnist.npz"] = npz_bytes(**mnist_arrays())
        with pytest.raises(ValueError, match=r"not the file expected: its sha256 checksum"):
            mnist.load_data()
        assert not list((cache / "datasets").iterdir())

    def test_no_network(self, monkeypatch, cache):
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(sources, "KERAS_FILES", "http://127.0.0.1:9/")
        with pytest.raises(ConnectionError) as raised:
            mnist.load_data()
        assert str(raised.value).endswith(f"place it at {cache / 'datasets' / 'mnist.npz'}.")

    @pytest.mark.parametrize("module", [mnist, fashion_mnist])
    @pytest.mark.parametrize("files", [mnist_files(), zipped(mnist_files())], ids=["plain", "gz"])
    def test_folder_of_idx_files(self, module, files, tmp_path, monkeypatch):
        folder = tmp_path / "idx"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        assert_mnist(module.load_data(folder))
        assert_mnist(module.load_data(str(folder)))
        monkeypatch.chdir(tmp_path)
        assert_mnist(module.load_data("idx"))
        assert_mnist(module.load_data("./idx"))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        assert_mnist(module.load_data("~/idx"))

    @pytest.mark.parametrize("module", [mnist, fashion_mnist])
    def test_local_npz(self, module, tmp_path):
        (tmp_path / "a.npz").write_bytes(npz_bytes(**mnist_arrays()))
        assert_mnist(module.load_data(tmp_path / "a.npz"))
        (tmp_path / "b.npz").write_bytes(npz_bytes(**{**mnist_arrays(), "y_test": labels(2)}))
        with pytest.raises(ValueError, match=r"x has the shape \(3, 28, 28\) and y \(2,\)"):
            module.load_data(tmp_path / "b.npz")

    @pytest.mark.parametrize("module", [mnist, fashion_mnist])
    def test_local_path_that_is_not_there(self, module, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"There is no file .*a\.npz; a bare name"):
            module.load_data(tmp_path / "a.npz")


class TestFashionMnist:
    def test_download(self, publish, server, monkeypatch, cache):
        files = zipped(mnist_files())
        assert set(fashion_mnist.FILE_HASHES) == set(files)
        server.files.update(files)
        hashes = {name: sha256(content) for name, content in files.items()}
        monkeypatch.setattr(fashion_mnist, "FILE_HASHES", hashes)
        assert_mnist(fashion_mnist.load_data())
        assert_mnist(fashion_mnist.load_data())
        assert server.answers == 4
        assert {p.name for p in (cache / "datasets/fashion-mnist").iterdir()} == set(files)

    def test_other_file_is_refused(self, publish, server):
        server.files.update(zipped(mnist_files()))
        with pytest.raises(ValueError, match=r"not the file expected"):
            fashion_mnist.load_data()


@pytest.fixture
def channels_first():
    settings.set_image_data_format("channels_first")
    yield
    settings.set_image_data_format("channels_last")


class TestCifar:
    @pytest.fixture
    def cifar10_archive(self, publish):
        names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
        files = {
            f"cifar-10-batches-py/{name}": cifar_batch(number + 2, [b"labels"], 10, number)
            for number, name in enumerate(names)
        }
        publish(cifar10, "cifar-10-python.tar.gz", tar_bytes(files))

    @pytest.fixture
    def cifar100_archive(self, publish):
        keys = [b"fine_labels", b"coarse_labels"]
        files = {
            f"cifar-100-python/{name}": cifar_batch(5, keys, 20, seed)
            for seed, name in enumerate(("train", "test"))
        }
        publish(cifar100, "cifar-100-python.tar.gz", tar_bytes(files))

    def test_cifar10(self, cifar10_archive, server):
        for _ in range(2):
            (x_train, y_train), (x_test, y_test) = cifar10.load_data()
        assert server.answers == 1
        assert x_train.shape == (2 + 3 + 4 + 5 + 6, 32, 32, 3) and x_test.shape == (7, 32, 32, 3)
        assert {a.dtype.name for a in (x_train, y_train, x_test, y_test)} == {"uint8"}
        planes = images(3, (3072,), seed=1).reshape(3, 3, 32, 32)  # red, green, blue
        np.testing.assert_array_equal(x_train[2:5, :, :, 1], planes[:, 1])
        np.testing.assert_array_equal(y_train[2:5], labels(3, 10, seed=1)[:, None])
        np.testing.assert_array_equal(y_test, labels(7, 10, seed=5)[:, None])

    @pytest.mark.parametrize("arguments", [(), ("fine",), ("coarse",)])
    def test_cifar100(self, cifar100_archive, arguments):
        (x_train, y_train), (x_test, y_test) = cifar100.load_data(*arguments)
        assert x_train.shape == x_test.shape == (5, 32, 32, 3) and x_train.dtype == np.uint8
        assert y_train.dtype == y_test.dtype == np.int64
        np.testing.assert_array_equal(y_train, labels(5, 20)[:, None])
        np.testing.assert_array_equal(y_test, labels(5, 20, seed=1)[:, None])
        planes = images(5, (3072,)).reshape(5, 3, 32, 32)
        np.testing.assert_array_equal(x_train, planes.transpose(0, 2, 3, 1))

    def test_channels_first(self, cifar10_archive, channels_first):
        (x_train, _), (x_test, _) = cifar10.load_data()
        assert x_train.shape == (20, 3, 32, 32)
        np.testing.assert_array_equal(x_test, images(7, (3072,), seed=5).reshape(7, 3, 32, 32))

    def test_label_mode(self):
        with pytest.raises(ValueError, match=r"Received: label_mode='both'"):
            cifar100.load_data("both")

    def test_archive_without_folder(self, publish):
        publish(cifar10, "cifar-10-python.tar.gz", tar_bytes({"other/a": b"1"}))
        with pytest.raises(FileNotFoundError, match=r"Delete .*, so that it is unpacked anew"):
            cifar10.load_data()

    @pytest.mark.parametrize(
        "batch",
        [
            b"no pickle",
            cifar_batch(3, [b"other"], 10),
            cifar_batch(3, [b"coarse_labels"], 10),
            b"\x80\x02]q\x00.",
            b"cos\nmkdir\n(S'evil'\ntR.",
        ],
    )
    def test_bad_batch(self, publish, batch, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        files = {f"cifar-100-python/{name}": batch for name in ("train", "test")}
        publish(cifar100, "cifar-100-python.tar.gz", tar_bytes(files))
        with pytest.raises(ValueError, match=r"(pickle was refused|is no batch of images)"):
            cifar100.load_data()
        assert not os.path.exists("evil")


class TestHousing:
    X, Y = np.arange(20.0).reshape(10, 2), np.arange(10.0)

    @pytest.mark.parametrize("module", [boston_housing, california_housing])
    def test_split(self, module, publish):
        name = f"{module.__name__.split('.')[-1]}.npz"
        publish(module, name, npz_bytes(x=self.X, y=self.Y))
        (x_train, y_train), (x_test, y_test) = module.load_data()
        # as real Keras 3.15.1 splits it
        assert y_train.tolist() == [9, 3, 6, 1, 0, 7, 4, 8] and y_test.tolist() == [2, 5]
        np.testing.assert_array_equal(x_train[:, 1], 2 * y_train + 1)
        np.testing.assert_array_equal(x_test[:, 1], 2 * y_test + 1)
        assert [len(y) for _, y in module.load_data(test_split=0.35)] == [6, 4]
        assert [len(y) for _, y in module.load_data(test_split=0)] == [10, 0]
        assert module.load_data(seed=1)[1][1].tolist() == [8, 5]
        for wrong in (-0.1, 1.0, 3, float("nan")):
            with pytest.raises(ValueError, match=rf"Received: test_split={wrong}"):
                module.load_data(test_split=wrong)

    def test_california_versions(self, publish):
        x, y = np.zeros((700, 8), "f4"), np.arange(700, dtype="f4")
        publish(california_housing, "california_housing.npz", npz_bytes(x=x, y=y))
        train, test = california_housing.load_data("small")
        assert (len(train[1]), len(test[1])) == (480, 120)
        assert max(train[1].max(), test[1].max()) == 599
        train, test = california_housing.load_data(version="large")
        assert (len(train[1]), len(test[1])) == (560, 140)
        with pytest.raises(ValueError, match=r"Received: version='medium'"):
            california_housing.load_data("medium")

    def test_local_file(self, tmp_path):
        (tmp_path / "a.npz").write_bytes(npz_bytes(x=self.X, y=self.Y))
        (_, y_train), _ = boston_housing.load_data(tmp_path / "a.npz")
        assert len(y_train) == 8


TEXTS = ragged([5, 1, 2], [3, 9], [1, 1, 4, 7, 8], [6], [2, 3, 5, 4])
TEST_TEXTS = ragged([9, 2, 2, 2], [1], [4, 8, 1])
# What real Keras 3.15.1 makes of these: arguments, then lists and labels of training and test data.
IMDB = [
    ({}, [[1, 6, 2], [1, 8, 4, 5], [1, 9], [1, 4, 4, 7, 10, 11], [1, 5, 6, 8, 7]],
     [1, 0, 3, 2, 4], [[1, 4], [1, 2, 5, 5, 5], [1, 7, 11, 4]], [6, 5, 7]),
    ({"num_words": 9}, [[1, 6, 2], [1, 8, 4, 5], [1, 2], [1, 4, 4, 7, 2, 2], [1, 5, 6, 8, 7]],
     [1, 0, 3, 2, 4], [[1, 4], [1, 2, 5, 5, 5], [1, 7, 2, 4]], [6, 5, 7]),
    ({"num_words": 9, "skip_top": 5, "oov_char": None}, [[6], [8, 5], [], [7], [5, 6, 8, 7]],
     [1, 0, 3, 2, 4], [[], [5, 5, 5], [7]], [6, 5, 7]),
    ({"maxlen": 4}, [[1, 6, 2], [1, 9]], [1, 3], [[1, 4]], [6]),
    ({"start_char": None, "index_from": 0, "num_words": 100},
     [[3, 9], [5, 1, 2], [6], [1, 1, 4, 7, 8], [2, 3, 5, 4]], [1, 0, 3, 2, 4],
     [[1], [9, 2, 2, 2], [4, 8, 1]], [6, 5, 7]),
    ({"seed": 1, "num_words": 100, "index_from": 10, "oov_char": 99, "start_char": 50},
     [[50, 11, 11, 14, 17, 18], [50, 13, 19], [50, 12, 13, 15, 14], [50, 15, 11, 12], [50, 16]],
     [2, 1, 4, 0, 3], [[50, 19, 12, 12, 12], [50, 14, 18, 11], [50, 11]], [5, 7, 6]),
]  # fmt: skip
REUTERS = [
    ({}, [[1, 6, 2], [1, 8, 4, 5], [1, 9], [1, 4, 4, 7, 10, 11]], [1, 0, 3, 2],
     [[1, 5, 6, 8, 7]], [4]),
    ({"num_words": 9, "skip_top": 5, "oov_char": None}, [[6], [8, 5], [], [7]], [1, 0, 3, 2],
     [[5, 6, 8, 7]], [4]),
    ({"maxlen": 4}, [[1, 6, 2]], [1], [[1, 9]], [3]),
    ({"start_char": None, "index_from": 0, "num_words": 100},
     [[3, 9], [5, 1, 2], [6], [1, 1, 4, 7, 8]], [1, 0, 3, 2], [[2, 3, 5, 4]], [4]),
]  # fmt: skip


class TestTexts:
    @pytest.fixture
    def imdb_file(self, publish):
        content = npz_bytes(
            x_train=TEXTS, y_train=np.arange(5), x_test=TEST_TEXTS, y_test=np.arange(5, 8)
        )
        publish(imdb, "imdb.npz", content)

    @pytest.fixture
    def reuters_file(self, publish):
        publish(reuters, "reuters.npz", npz_bytes(x=TEXTS, y=np.arange(5)))

    def check(self, result, *expected):
        (x_train, y_train), (x_test, y_test) = result
        for x, y in result:
            assert x.dtype == object and x.ndim == 1 and y.dtype == np.int64
            assert all(type(one) is list for one in x)
        found = [x_train.tolist(), y_train.tolist(), x_test.tolist(), y_test.tolist()]
        assert found == list(expected)

    @pytest.mark.parametrize(("arguments", "x", "y", "x_test", "y_test"), IMDB)
    def test_imdb(self, imdb_file, arguments, x, y, x_test, y_test):
        self.check(imdb.load_data(**arguments), x, y, x_test, y_test)

    @pytest.mark.parametrize(("arguments", "x", "y", "x_test", "y_test"), REUTERS)
    def test_reuters(self, reuters_file, arguments, x, y, x_test, y_test):
        self.check(reuters.load_data(**arguments), x, y, x_test, y_test)

    def test_texts_of_one_length_stay_lists(self, publish):
        publish(reuters, "reuters.npz", npz_bytes(x=ragged([1, 2], [3, 4]), y=np.arange(2)))
        (x_train, _), _ = reuters.load_data(test_split=0, num_words=10)
        assert x_train.shape == (2,) and sorted(x_train.tolist()) == [[1, 4, 5], [1, 6, 7]]

    @pytest.mark.parametrize("module", [imdb, reuters])
    def test_nothing_short_enough(self, module, imdb_file, reuters_file):
        with pytest.raises(ValueError, match=r"Received: maxlen=1"):
            module.load_data(maxlen=1)

    def test_imdb_knows_no_other_arguments(self):
        with pytest.raises(TypeError, match=r"no argument 'num_word'. Did you mean 'num_words'\?"):
            imdb.load_data(num_word=10)

    @pytest.mark.parametrize("wrong", [-0.1, 1.1])
    def test_reuters_test_split(self, wrong):
        with pytest.raises(ValueError, match=rf"Received: test_split={wrong}"):
            reuters.load_data(test_split=wrong)

    @pytest.mark.parametrize("module", [imdb, reuters])
    def test_word_index(self, module, publish, tmp_path):
        words = {"the": 1, "caf\u00e9": 2}
        content = json.dumps(words, ensure_ascii=False).encode()
        name = f"{module.__name__.split('.')[-1]}_word_index.json"
        publish(module, name, content, "WORD_INDEX_HASH")
        assert module.get_word_index() == words
        (tmp_path / "a.json").write_bytes(content)
        assert module.get_word_index(tmp_path / "a.json") == words

    def test_reuters_label_names(self):
        names = reuters.get_label_names()
        assert len(names) == len(set(names)) == 46
        assert names[0] == "cocoa" and names[3] == "earn" and names[-1] == "lead"


def test_every_module_is_offered_and_loaded_late():
    helpers = {"sources", "opcodes", "pickles", "npz", "idx", "splits", "sequences", "cifar"}
    modules = {module.name for module in pkgutil.iter_modules(datasets.__path__)}
    assert modules - helpers == set(datasets.__all__) <= set(dir(datasets))
    for name in datasets.__all__:
        assert getattr(datasets, name) is importlib.import_module(f"kerasette.datasets.{name}")
        assert callable(getattr(datasets, name).load_data)
    with pytest.raises(AttributeError, match=r"has no attribute 'mnits'"):
        _ = datasets.mnits
    script = """
import sys
import kerasette.datasets
print(*[name for name in sys.modules if name.startswith("kerasette.datasets.")])
"""
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
