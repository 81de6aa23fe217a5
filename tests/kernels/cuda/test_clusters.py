"""Clusters as CUDA C give the values of eager code, run on the CPU; nvcc compiles them all."""

import functools
import shutil
import subprocess

import numpy as np
import pytest

import kerasette
from kerasette.arrays import dtypes
from kerasette.graph.ir import Graph
from kerasette.graph.passes.clusters import BITWISE, ELEMENTWISE, LOGICAL
from kerasette.kernels.clusterform import Form
from kerasette.kernels.gpu.cuda import pooling, random
from kerasette.kernels.gpu.cuda.expressions import lower
from kerasette.kernels.gpu.cuda.launch import shape_of
from kerasette.kernels.gpu.cuda.prelude import OPTIONS, PRELUDE
from kerasette.kernels.gpu.cuda.source import ClusterSource
from kerasette.kernels.gpu.driver import compiled
from tests.kernels.cuda.cases import CASES, clusters_of, graph_of
from tests.kernels.cuda.emulation import Emulator

needs_compiler = pytest.mark.skipif(
    shutil.which("g++") is None, reason="running generated CUDA C on the CPU needs g++"
)


@functools.cache
def made(name):
    """The graph of a case, and the sources of its clusters."""
    graph = graph_of(*CASES[name])
    nodes = clusters_of(graph)
    assert nodes, "no cluster"
    sources = {}
    for node in nodes:
        a = node.attributes
        form = Form(a["body"], a["space"], a["rows"], a["frames"])
        assert form.fits
        sources[node] = ClusterSource(form)
    return graph, sources


@functools.cache
def texts():
    """The number of each text that there is."""
    found = {}
    for name in CASES:
        for source in made(name)[1].values():
            found.setdefault(source.text, len(found))
    return found


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    return Emulator(list(texts()), tmp_path_factory.mktemp("cuda"))


def run(emulator, source, arrays, backwards=False):
    """A cluster's results, and the bytes around them as they were."""
    outputs = [value.spec for value in source.form.body.outputs]
    shape, number = shape_of(source), texts()[source.text]
    guarded, results = [], []
    for spec in outputs:
        dtype = dtypes.numpy_dtype(spec.dtype)
        size = int(np.prod(spec.shape, dtype=int)) * dtype.itemsize
        memory = np.full(size + 128, 0xA5, np.uint8)
        guarded.append(memory)
        results.append(memory[64 : 64 + size].view(dtype).reshape(spec.shape))
    scratch = np.full(shape.scratch + 128, 0xA5, np.uint8)
    reads = [
        arrays[read.operand].ctypes.data + read.offset * arrays[read.operand].itemsize
        for read in source.form.reads
    ]
    writes = [result.ctypes.data for result in results]
    words = source.values(reads, writes, shape.parts, scratch.ctypes.data + 64)
    emulator.launch(number, "cluster", shape.work, words, backwards)
    if shape.end is not None:
        emulator.launch(number, "ending", shape.end, words, backwards)
    for memory in (*guarded, scratch):
        assert (memory[:64] == 0xA5).all() and (memory[-64:] == 0xA5).all()
    return results


TOLERANCE = {"float64": 1e-13, "bfloat16": 2**-7, "float16": 2**-10}


def compare(got, wanted):
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    name = dtypes.name_of(got.dtype)
    if name not in ("float32", *TOLERANCE):
        np.testing.assert_array_equal(got, wanted)
        return
    wide = (array.astype("float64") for array in (got, wanted))
    rtol = TOLERANCE.get(name, 2e-5)
    np.testing.assert_allclose(*wide, rtol=rtol, atol=1e-13 if name == "float64" else 1e-5)


def on_cpu(node, operands):
    """A cluster by the reference code of what is in it, call by call."""
    body: Graph = node.attributes["body"]
    out = body.replay(*(kerasette.constant(a) for a in operands))
    return [np.asarray(value._array) for value in out]


def follow(graph, arrays, emulator, sources, compared):
    """Run a graph on arrays, and each of its clusters by what was generated, too."""
    values = dict(zip(graph.inputs, arrays, strict=True))
    values.update({v: np.array(t._array, order="C") for v, t in graph.constants.items()})
    for node in graph.nodes:
        operands = [values[value] for value in node.inputs]
        if node.op.name == "updates":
            found = follow(node.attributes["body"], operands, emulator, sources, compared)
        elif node in sources:
            found = on_cpu(node, operands)
            once = run(emulator, sources[node], operands)
            again = run(emulator, sources[node], operands, backwards=True)
            for got, other, wanted in zip(once, again, found, strict=True):
                compare(got, wanted)
                assert got.tobytes() == other.tobytes()  # whoever comes first
            compared.append(node)
        else:
            out = node.op(*(kerasette.constant(a) for a in operands), **node.attributes)
            found = [np.asarray(v._array) for v in (out if node.several else (out,))]
        values.update(zip(node.outputs, found, strict=True))
    return [values[value] for value in graph.outputs]


@needs_compiler
@pytest.mark.parametrize("name", CASES)
def test_values(name, emulator):
    graph, sources = made(name)
    compared = []
    arrays = [np.array(a, order="C") for a in CASES[name][1]]
    follow(graph, arrays, emulator, sources, compared)
    assert set(compared) == set(sources)


def test_every_elementwise_operation_has_an_expression():
    for name in ELEMENTWISE - {"cast", "where"}:
        dtype = "bool" if name in LOGICAL else "int32" if name in BITWISE else "float32"
        assert lower(name, dtype, ["a", "b", "c"])


def test_structures_are_shared_by_sizes():
    """A smaller last batch compiles nothing."""

    def text(rows):
        graph = graph_of(CASES["softmax"][0], [np.ones((rows, 10), "float32")])
        a = clusters_of(graph)[0].attributes
        return ClusterSource(Form(a["body"], a["space"], a["rows"], a["frames"])).text

    assert text(32) == text(7)


def every_source():
    """All generated code in one text, the kernels numbered."""
    parts = []
    pools = [pooling.source(text, dtype) for text in pooling.TEXTS for dtype in pooling.FLOATS]
    for number, text in enumerate([*texts(), random.SOURCE, *pools]):
        for name in ("clusters", "cluster", "ending"):
            text = text.replace(f"void {name}(", f"void {name}{number}(")
        parts.append(f"namespace case{number} {{\n{text}\n}}")
    return "\n".join(parts), len(parts)


@pytest.mark.parametrize("architecture", ["80", "90"])
@pytest.mark.skipif(shutil.which("nvcc") is None, reason="generated CUDA C: there is no nvcc here")
def test_nvcc_compiles_every_source(tmp_path, architecture):
    text, count = every_source()
    path = tmp_path / "clusters.cu"
    path.write_text(PRELUDE + text)
    out = tmp_path / "clusters.ptx"
    command = ["nvcc", "-ptx", f"-arch=sm_{architecture}", *OPTIONS, str(path), "-o", str(out)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[:4000]
    entries = dict(part.split("(", 1) for part in out.read_text().split(".entry ")[1:])
    assert {f"cluster{number}" for number in range(count)} <= entries.keys()
    (source,) = made("one")[1].values()  # x * 2 + 1
    body = entries[f"cluster{texts()[source.text]}"]
    assert "mul.rn.f32" in body or "mul.f32" in body
    assert "fma" not in body  # as the CPU does it, to the bit


@pytest.mark.parametrize("architecture", ["80", "90"])
def test_nvrtc_compiles_every_source(architecture):
    """As at run time, to machine code: NVRTC of the extras' wheels needs no GPU."""
    try:
        from cupy.cuda import nvrtc

        nvrtc.getVersion()
    except Exception as error:
        pytest.skip(f"generated CUDA C: there is no NVRTC here ({error})")
    text, count = every_source()
    code = compiled(nvrtc, text, architecture)
    assert all(f"cluster{number}".encode() in code for number in range(count))
