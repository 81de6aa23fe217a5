"""All updates of a step at once, as an optimizer's of all variables: few launches, not one each."""

from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cuda.clusters import Cluster, cluster_of
from kerasette.kernels.gpu.cuda.launch import Launch
from kerasette.kernels.gpu.cuda.source import TABLE_WORDS

_BLOCKS = 2048  # of one cluster among many; its threads then take several places each


class Updates:
    """Elementwise clusters that need nothing of one another; those of one structure share launches.

    Args:
        clusters: their kernels, with the numbers of the operands and of the results of each.
    """

    def __init__(self, clusters: list[tuple[Cluster, list[int], list[int]]], driver: Any):
        self._clusters = clusters
        self._driver = driver
        self._launches: list[tuple[Any, list[int]]] = []  # the kernel, and whose it is
        for numbers in _alike(clusters):
            source = clusters[numbers[0]][0].source
            function = driver.function(source.text, "clusters")
            fitting = (TABLE_WORDS - 1) // (1 + len(source.words))
            for start in range(0, len(numbers), fitting):
                self._launches.append((function, numbers[start : start + fitting]))

    def __call__(self, *arrays: Any) -> Any:
        operands = [self._driver.contiguous(array) for array in arrays]
        results: list[Any] = []
        for cluster, _, _ in self._clusters:
            results += [self._driver.empty(spec) for spec in cluster.outputs]
        for function, numbers in self._launches:
            table: list[int] = []
            ends: list[int] = []
            for number in numbers:
                cluster, taken, given = self._clusters[number]
                blocks = min(cluster.shape.work.grid, _BLOCKS)
                ends.append((ends[-1] if ends else 0) + blocks)
                table += cluster.words([operands[i] for i in taken], [results[i] for i in given])
            words = [len(numbers), *ends, *table]
            words += [0] * (TABLE_WORDS - len(words))
            lanes = self._clusters[numbers[0]][0].shape.work.lanes
            self._driver.launch(function, Launch(ends[-1], lanes, 1), words)
        return tuple(results)


def _alike(clusters: list[tuple[Cluster, list[int], list[int]]]) -> list[list[int]]:
    """The numbers of the clusters, those of one code together."""
    found: dict[str, list[int]] = {}
    for number, (cluster, _, _) in enumerate(clusters):
        found.setdefault(cluster.source.text, []).append(number)
    return list(found.values())


@kernel("updates", "gpu")
def updates(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Updates | None:
    """The kernel of all updates, where each of them is a cluster whose threads can be shared."""
    body, clusters, count = attributes["body"], [], 0
    for node in body.nodes:
        made = cluster_of(tuple(value.spec for value in node.inputs), node.attributes)
        if made is None or not made.source.alone or len(made.source.words) + 2 > TABLE_WORDS:
            return None
        results = list(range(count, count := count + len(node.outputs)))
        clusters.append((made, [body.inputs.index(value) for value in node.inputs], results))
    return Updates(clusters, drivers.driver())
