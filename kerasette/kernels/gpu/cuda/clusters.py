"""Clusters on a GPU: one launch, or two where something is reduced over all rows."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.kernels.clusterform import Form, specs_of
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cuda.launch import shape_of
from kerasette.kernels.gpu.cuda.source import ClusterSource


class Cluster:
    """A cluster node's kernel: operands to results, all on the GPU."""

    def __init__(self, source: ClusterSource, driver: Any):
        self.source = source
        self.outputs = specs_of(source.form.body)
        self.shape = shape_of(source)
        self._driver = driver
        self._sizes = [dtype_size(read.dtype) for read in source.form.reads]
        self._work = driver.function(source.text, "cluster")
        self._end = None if self.shape.end is None else driver.function(source.text, "ending")

    def words(self, operands: Any, results: Any, scratch: int = 0) -> list[int]:
        """The words of a launch on these arrays."""
        reads = [
            operands[read.operand].data.ptr + read.offset * size
            for read, size in zip(self.source.form.reads, self._sizes, strict=True)
        ]
        writes = [result.data.ptr for result in results]
        return self.source.values(reads, writes, self.shape.parts, scratch)

    def __call__(self, *arrays: Any) -> Any:
        driver = self._driver
        operands = [driver.contiguous(array) for array in arrays]
        results = [driver.empty(spec) for spec in self.outputs]
        if self.shape.end is None:
            driver.launch(self._work, self.shape.work, self.words(operands, results))
        else:
            scratch = driver.scratch(self.shape.scratch)
            words = self.words(operands, results, scratch.data.ptr)
            driver.launch(self._work, self.shape.work, words)
            driver.launch(self._end, self.shape.end, words)
        return tuple(results) if len(results) > 1 else results[0]


def dtype_size(dtype: str) -> int:
    """The bytes of an element."""
    return int(dtypes.numpy_dtype(dtype).itemsize)


def cluster_of(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Cluster | None:
    """The kernel of a cluster; ``None`` where it has to be replayed operation by operation."""
    driver = drivers.driver()
    form = Form(attributes["body"], attributes["space"], attributes["rows"], attributes["frames"])
    empty = any(0 in spec.shape for spec in (*specs, *specs_of(form.body)))
    if driver is None or empty or not form.fits:
        return None
    return Cluster(ClusterSource(form), driver)


kernel("cluster", "gpu")(cluster_of)
