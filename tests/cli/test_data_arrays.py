"""Arrays from a config: the parts, their scale, and what cannot be."""

import json

import numpy as np
import pytest
from kerasette.cli.data.arrays import ArrayProcessing
from kerasette.cli.data.scaling import Scaler
from kerasette.cli.errors import DataProblem


def test_digits_have_their_own_test_part(data_of):
    data = data_of("{type: digits, reshape: [8, 8, 1], scale: 1/16}")
    assert (len(data.train), len(data.validation), len(data.test)) == (1294, 144, 359)
    assert data.train.x.shape[1:] == (8, 8, 1) and data.train.x.dtype == "float32"
    assert data.train.x.min() == 0 and data.train.x.max() == 1
    assert data.target.labels == [str(digit) for digit in range(10)]
    assert data.inputs == {"input": ((8, 8, 1), "float32")}


def test_every_class_gives_its_share(data_of):
    data = data_of("{type: iris, split: {test: 0.2, validation: 0.25}}")
    for part, count in ((data.train, 30), (data.validation, 10), (data.test, 10)):
        assert np.bincount(part.y).tolist() == [count] * 3
    assert data.target.labels == ["setosa", "versicolor", "virginica"]


def test_split_depends_on_the_seed_alone(data_of):
    first, again, other = (data_of("iris", f"seed={seed}") for seed in (3, 3, 4))
    assert np.array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.x, other.train.x)
    own = data_of("{type: iris, split: {seed: 3}}", "seed=9")
    assert np.array_equal(own.train.x, first.train.x)


def test_parts_share_no_sample(data_of, folder):
    x = np.arange(100, dtype="float32")[:, None]
    np.savez(folder / "a.npz", x=x, y=x[:, 0])
    data = data_of("{type: arrays, path: a.npz, split: {validation: 10, test: 0.2}}")
    parts = [part.x.ravel().tolist() for part in (data.train, data.validation, data.test)]
    assert [len(part) for part in parts] == [70, 10, 20]
    assert sorted(value for part in parts for value in part) == x.ravel().tolist()


def test_scale_is_that_of_the_training_samples_alone(data_of, folder):
    x = np.random.default_rng(1).normal(5, 3, (200, 2))
    x[:, 1] = 7  # does not vary
    np.savez(folder / "a.npz", x=x, y=x[:, 0])
    data = data_of("{type: arrays, path: a.npz, scale: standardize}")
    assert np.allclose(data.train.x[:, 0].mean(), 0, atol=1e-6)
    assert np.allclose(data.train.x[:, 0].std(), 1, atol=1e-5)
    assert np.all(data.train.x[:, 1] == 0)
    assert abs(data.test.x[:, 0].mean()) > 1e-3
    data = data_of("{type: arrays, path: a.npz, scale: minmax}")
    assert data.train.x[:, 0].min() == 0 and data.train.x[:, 0].max() == 1


def test_pictures_have_one_scale(data_of):
    data = data_of("{type: digits, scale: standardize}")
    assert np.shape(data.processing.scaler.shift) == ()


def test_processing_is_kept_with_the_run(data_of):
    data = data_of("{type: iris, scale: standardize}")
    kept = ArrayProcessing.from_json(json.loads(json.dumps(data.processing.to_json())))
    raw = np.array([[5.1, 3.5, 1.4, 0.2]])
    assert np.array_equal(kept.transform(raw), data.processing.transform(raw))


@pytest.mark.parametrize("scale", ["standardize", "minmax", 0.25])
def test_scaler_is_undone(scale):
    x = np.random.default_rng(0).normal(3, 2, (50, 3))
    scaler = Scaler.fit(scale, x)
    assert np.allclose(scaler.invert(scaler.apply(x)), x, atol=1e-5)


def test_one_hot(data_of):
    data = data_of("{type: iris, one_hot: true}")
    assert data.train.y.shape[1:] == (3,) and np.all(data.train.y.sum(axis=1) == 1)


def test_limit(data_of):
    data = data_of("{type: digits, limit: 20}")
    assert (len(data.train), len(data.validation), len(data.test)) == (20, 20, 20)


def test_names_of_arrays_and_test_arrays(data_of, folder):
    arrays = {"images": np.ones((8, 2)), "kinds": np.arange(8) % 2, "x_test": np.ones((3, 2)),
              "y_test": np.zeros(3, int)}  # fmt: skip
    np.savez(folder / "a.npz", **arrays)
    data = data_of("{type: arrays, path: a.npz, x: images, y: kinds, split: {validation: 2}}")
    assert (len(data.train), len(data.validation), len(data.test)) == (6, 2, 3)


def test_hdf5_and_links_in_it(data_of, folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "a.h5", "w") as file:
        file["x"], file["y"] = np.ones((20, 2)), np.arange(20) % 2
    assert len(data_of("{type: arrays, path: a.h5}").train) == 16
    with h5py.File(folder / "b.h5", "w") as file:
        file["y"] = np.arange(20) % 2
        file["x"] = h5py.ExternalLink("a.h5", "x")
    with pytest.raises(DataProblem, match=r"/x is a link to another place"):
        data_of("{type: arrays, path: b.h5}")


def test_wide_integers_stay_integers(data_of, folder):
    np.savez(folder / "a.npz", x=np.arange(40).reshape(20, 2), y=np.arange(20) % 2)
    assert data_of("{type: arrays, path: a.npz}").train.x.dtype == "int32"


@pytest.mark.parametrize(
    ("arrays", "section", "said"),
    [
        ({"x": np.ones((5, 2)), "y": np.ones(4)}, "", "x has 5 samples and y has 4"),
        ({"x": np.ones((0, 2)), "y": np.ones(0)}, "", "there is not one sample"),
        ({"x": np.array([[1.0], [np.nan]]), "y": np.ones(2)}, "", "first in sample 1"),
        ({"x": np.array([["a"], ["b"]]), "y": np.ones(2)}, "", "x must be an array of numbers"),
        ({"x": np.ones((5, 2))}, "", "which array is y? The file has x"),
        ({"x": np.ones((5, 2)), "yy": np.ones(5)}, ", y: yyy", "no array 'yyy'. Did you mean"),
        ({"x": np.ones((5, 2)), "y": np.ones(5)}, ", reshape: [3]", "2 values and does not fill"),
        ({"x": np.ones((5, 2)), "y": np.ones(5)}, ", one_hot: true", "is for class numbers"),
        ({"x": np.ones((5, 2)), "y": np.ones(5)}, ", split: {stratify: true}", "targets that are"),
        ({"x": np.ones((5, 2)), "y": np.ones(5)}, ", split: {test: 5}", "5 samples cannot give 5"),
        ({"x": np.ones((2, 2)), "y": np.ones(2), "x_test": np.ones((2, 2))}, "", "without y_test"),
    ],
)  # fmt: skip
def test_what_cannot_be(data_of, folder, arrays, section, said):
    np.savez(folder / "a.npz", **arrays)
    with pytest.raises(DataProblem) as caught:
        data_of(f"{{type: arrays, path: a.npz{section}}}")
    assert said in caught.value.message
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.npz", b"no zip", "cannot be read"),
        ("a.h5", b"no hdf5", "cannot be read"),
        ("a.mat", b"", "a file of arrays ends in"),
        ("b.npz", None, "there is no file"),
    ],
)
def test_files_that_cannot_be_read(data_of, folder, name, content, said):
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(DataProblem, match=said):
        data_of(f"{{type: arrays, path: {name}}}")


def test_pickles_are_not_opened(data_of, folder):
    np.savez(folder / "a.npz", x=np.array([print, 1], object), y=np.ones(2))
    with pytest.raises(DataProblem, match="cannot be read"):
        data_of("{type: arrays, path: a.npz}")


def test_mnist_without_files(data_of):
    with pytest.raises(DataProblem, match=r"data\.path: There is no file"):
        data_of("{type: mnist, path: nowhere}")
