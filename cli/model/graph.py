"""The layers of a config as a graph: who takes whose outputs, in an order that can be run."""

from dataclasses import dataclass, field
from typing import Any

from kerasette.errors import nearest

from ..config.nodes import KeyPath
from ..config.problems import Problems


@dataclass
class Vertex:
    """One layer: its place in the config and the names of what it takes."""

    index: int
    name: str
    spec: dict[str, Any]
    sources: dict[str | int, str] = field(default_factory=dict)
    form: str = "single"  # or "list", "keywords"

    @property
    def path(self) -> KeyPath:
        return ("model", "layers", self.index)


class LayerGraph:
    """The layers by name, in an order in which each comes after what it takes."""

    def __init__(
        self, layers: list[Any], inputs: list[str], outputs: list[str] | None, problems: Problems
    ):
        self.inputs, self.problems = inputs, problems
        self.vertices: dict[str, Vertex] = {}
        self.is_chain = outputs is None and len(inputs) == 1
        before = inputs[0] if len(inputs) == 1 else ""
        for index, given in enumerate(layers):
            before = self._add(index, given, before)
        self._check_names()
        self.outputs = self._outputs(outputs, before)
        self.order: list[Vertex] = []
        if not problems:
            self._sort()

    def _add(self, index: int, given: Any, before: str) -> str:
        spec = {"type": given} if isinstance(given, str) else dict(given)
        path: KeyPath = ("model", "layers", index)
        named = spec.get("name")
        name = named if isinstance(named, str) and named else f"{spec['type']}[{index}]"
        vertex = Vertex(index, name, spec)
        if "inputs" in spec:
            self.is_chain = False
            self._sources(vertex, spec.pop("inputs"))
        elif before:
            vertex.sources = {0: before}
        else:
            self.problems.add(
                path,
                "the model has several inputs: say which one this layer takes "
                f"by inputs: {self.inputs[0] if self.inputs else 'name'}.",
            )
        if name in self.vertices or name in self.inputs:
            self.problems.add((*path, "name"), f"the name {name!r} is given twice.")
        self.vertices[name] = vertex
        return name

    def _sources(self, vertex: Vertex, given: Any) -> None:
        if isinstance(given, str):
            vertex.sources = {0: given}
        elif isinstance(given, list) and given and all(isinstance(name, str) for name in given):
            vertex.sources, vertex.form = dict(enumerate(given)), "list"
        elif isinstance(given, dict) and given and all(isinstance(n, str) for n in given.values()):
            vertex.sources, vertex.form = dict(given), "keywords"
        else:
            self.problems.add(
                (*vertex.path, "inputs"), "must be a name, a list of names, or names by argument."
            )

    def _check_names(self) -> None:
        known = [*self.inputs, *self.vertices]
        for vertex in self.vertices.values():
            for key, source in vertex.sources.items():
                if source not in known:
                    path: KeyPath = (*vertex.path, "inputs")
                    path = path if vertex.form == "single" else (*path, key)
                    self.problems.add(path, self._unknown(source))

    def _unknown(self, name: str) -> str:
        known = [*self.inputs, *(name for name in self.vertices if not name.endswith("]"))]
        hint = nearest(name, known) or f" Names: {', '.join(known)}."
        return f"there is no layer or input named {name!r}.{hint}"

    def _outputs(self, outputs: list[str] | None, last: str) -> list[str]:
        if outputs is None:
            return [last]
        for index, name in enumerate(outputs):
            if name not in self.vertices:
                self.problems.add(("model", "outputs", index), self._unknown(name))
        return outputs

    def _sort(self) -> None:
        done: set[str] = set(self.inputs)
        for name in self.outputs:
            self._visit(name, [], done)
        if self.problems:
            return
        for name, vertex in self.vertices.items():
            if name not in done:
                self.problems.add(
                    vertex.path,
                    "no output of the model depends on this layer; leave it out, or "
                    "name it in model.outputs or another layer's inputs.",
                )
        used = {source for vertex in self.order for source in vertex.sources.values()}
        for name in self.inputs:
            if name not in used:
                self.problems.add(("model", "inputs", name), "no layer takes this input.")

    def _visit(self, name: str, way: list[str], done: set[str]) -> None:
        if name in way:
            circle = [*way[way.index(name) :], name]
            vertex = self.vertices[name]
            text = " -> ".join(reversed(circle))
            self.problems.add((*vertex.path, "inputs"), f"the layers form a cycle: {text}.")
            return
        if name in done:
            return
        vertex = self.vertices[name]
        for source in vertex.sources.values():
            self._visit(source, [*way, name], done)
        done.add(name)
        self.order.append(vertex)
