"""oneDNN's primitives as Python objects, and kernels that are chains of them.

A *layout* says how an array of some shape lies in memory. A *primitive* computes on such memory;
it is made once, for given layouts, and then only called. A *chain* is a kernel: primitives one
after the other, with memory for what passes between them.
"""

import contextlib
import ctypes
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasette.arrays.switches import switches
from kerasette.core.spec import Spec
from kerasette.graph.views import rows
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.onednn.library import Library, Unsupported, onednn
from kerasette.kernels.loop import Table
from kerasette.kernels.native import ALIGNMENT, NativeKernel, Record, aligned, empty

DTYPES = {"float16": 1, "bfloat16": 2, "float32": 3}
# What an argument of a primitive is.
SRC, DST, WEIGHTS, BIAS, WORKSPACE, SCRATCHPAD = 1, 17, 33, 41, 64, 80
DIFF_SRC, DIFF_DST, DIFF_WEIGHTS, DIFF_BIAS = 129, 145, 161, 169
_QUERY_ARGUMENT = 255
_ANY = 1
_MOST_AXES = 12
_LITTLE = 1e6  # operations, which one thread does in some microseconds
_BFLOAT16_MATH = 1


class _Argument(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("memory", ctypes.c_void_p)]


def numbers(values: Sequence[int]) -> Any:
    """Sizes, strides or padding as oneDNN takes them."""
    return (ctypes.c_int64 * _MOST_AXES)(*values)


def math_mode(dtype: str) -> int:
    """How precisely float32 is multiplied, as ``kerasette.config`` has it."""
    return _BFLOAT16_MATH if dtype == "float32" and switches.float32_products == "bfloat16" else 0


def library() -> Library:
    """The library; it is there where any kernel of it is."""
    found = onednn()
    assert found is not None
    return found


class _Owner:
    """Something of oneDNN's that is given back with its Python object."""

    def __init__(self, what: str, handle: ctypes.c_void_p):
        self.handle = handle.value or 0
        self._as_parameter_ = handle
        weakref.finalize(self, library().destroy, what, self.handle).atexit = False


class Layout(_Owner):
    """How an array lies in memory: row after row; with strides, counted in elements; or, with
    ``strides="any"``, as the primitive likes it.
    """

    def __init__(self, shape: Sequence[int], dtype: str, strides: Any = None):
        count, shape_ = len(shape), numbers(shape)
        what = "dnnl_memory_desc_create_with_tag" if strides == "any" else ""
        if strides is None:
            strides = rows(tuple(shape))
        handle = (
            library().new(what, count, shape_, DTYPES[dtype], _ANY)
            if what
            else library().new(
                "dnnl_memory_desc_create_with_strides",
                count,
                shape_,
                DTYPES[dtype],
                numbers(strides),
            )
        )
        super().__init__("memory_desc", handle)


class Attributes(_Owner):
    """How a primitive computes: in what memory it works, and how precisely it multiplies.

    No activations at the end: oneDNN's ReLU makes 0 of NaN, and its GELU NaN of infinity.
    """

    def __init__(self, math: int = 0):
        super().__init__("primitive_attr", library().new("dnnl_primitive_attr_create"))
        library().call("dnnl_primitive_attr_set_scratchpad_mode", self, 1)  # memory from us
        if math:
            library().call("dnnl_primitive_attr_set_fpmath_mode", self, math)


def made_for(operations: float) -> contextlib.AbstractContextManager[None]:
    """Within it, primitives are made for as many threads as are worth it for so much work."""
    return threads.alone() if operations < _LITTLE else contextlib.nullcontext()


class Description(_Owner):
    """What a primitive is to compute: the answer to ``dnnl_<name>_primitive_desc_create``.

    Raises: Unsupported where oneDNN cannot do it, or only slowly, as its reference code does.
    """

    def __init__(self, name: str, *arguments: Any):
        threads.prepare()  # the work is divided among as many threads as there are now
        handle = library().new(f"dnnl_{name}_primitive_desc_create", *arguments)
        super().__init__("primitive_desc", handle)
        self.implementation = library().implementation(self)
        if "ref" in self.implementation:
            raise Unsupported(f"oneDNN has only its reference code for this {name}.")

    def layout(self, argument: int) -> ctypes.c_void_p:
        """The handle of an argument's layout; it lives as long as this does."""
        return library().query_layout(self, _QUERY_ARGUMENT, argument)

    def size(self, argument: int) -> int:
        """The bytes of an argument."""
        return library().size(self.layout(argument))


class Primitive(_Owner):
    """Something that computes, for given layouts."""

    def __init__(self, description: Description):
        self.description = description
        super().__init__("primitive", library().new("dnnl_primitive_create", description))

    def record(self, addresses: dict[int, int]) -> Record:
        """The call that computes on memory at these addresses, by argument."""
        onednn = library()
        memories = [
            _Owner(
                "memory",
                onednn.new(
                    "dnnl_memory_create",
                    self.description.layout(argument),
                    onednn.engine,
                    ctypes.c_void_p(address),
                ),
            )
            for argument, address in addresses.items()
        ]
        arguments = (_Argument * len(memories))()
        for argument, kind, memory in zip(arguments, addresses, memories, strict=True):
            argument.kind, argument.memory = kind, memory.handle
        words = (self.handle, onednn.stream, len(memories), ctypes.addressof(arguments))
        return Record(onednn.execute, words, (self, memories, arguments))


class Place(NamedTuple):
    """Memory of an argument: the operand, the result, or the temporary memory of a number."""

    kind: str  # "read", "write" or "held"
    number: int


class Chain(NativeKernel):
    """A kernel that runs primitives one after the other. Made empty, and filled by ``add``."""

    def __init__(self, *outputs: Spec, several: bool = False):
        self.outputs = outputs
        self.several = several
        self._calls: list[tuple[Primitive, dict[int, Place]]] = []
        self._held: list[int] = []  # where each temporary memory begins
        self._idle: list[_Instance] = []  # for calls with arrays
        self._scratch = 0
        self._end = 0

    @property
    def workspace(self) -> int:  # type: ignore[override]
        """Temporary memory, and after it what one primitive at a time works in."""
        return self._end + self._scratch

    def hold(self, size: int) -> Place:
        """Memory for what one primitive gives another."""
        self._held.append(self._end)
        self._end += -(-size // ALIGNMENT) * ALIGNMENT
        return Place("held", len(self._held) - 1)

    def add(self, description: Description, places: dict[int, Place]) -> None:
        """Have a primitive computed next, on these arguments."""
        self._calls.append((Primitive(description), places))
        self._scratch = max(self._scratch, description.size(SCRATCHPAD))

    def reorder(self, place: Place, source: Any, target: Any, into: Place | None = None) -> Place:
        """Have an array laid out otherwise; ``into`` a place, else into temporary memory.

        Returns: where it is then, which is where it was if the layouts are equal.
        """
        if into is None:
            if library().equal(source, target):
                return place
            into = self.hold(library().size(target))
        engine = library().engine
        attributes = Attributes()
        made = Description("reorder", source, engine, target, engine, attributes)
        self.add(made, {SRC: place, DST: into})
        return into

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """A record for each primitive."""
        held = [workspace + offset for offset in self._held]
        known = {"read": reads, "write": writes, "held": held}
        made = []
        for primitive, places in self._calls:
            addresses = {kind: known[p.kind][p.number] for kind, p in places.items()}
            if primitive.description.size(SCRATCHPAD):
                addresses[SCRATCHPAD] = workspace + self._end
            made.append(primitive.record(addresses))
        return made

    def __call__(self, *arrays: Any) -> Any:
        """Compute at once. What a call was bound to is bound anew, not made anew, for the next.

        oneDNN takes operands that are not aligned.
        """
        operands = [np.ascontiguousarray(array) for array in arrays]
        results = [empty(spec) for spec in self.outputs]
        addresses = [[a.ctypes.data for a in operands], [a.ctypes.data for a in results]]
        try:
            instance = self._idle.pop()
        except IndexError:
            instance = _Instance(self, *addresses)
        instance.run(*addresses)
        self._idle.append(instance)
        return tuple(results) if self.several else results[0]


class _Instance:
    """A chain's records, with scratch memory of their own, to be run on ever other arrays."""

    def __init__(self, chain: Chain, reads: list[int], writes: list[int]):
        self._scratch = aligned(chain.workspace)
        records = chain.records(reads, writes, self._scratch.ctypes.data)
        self._table = Table(records)
        self._outer = [
            (memory._as_parameter_, place)
            for (_, places), record in zip(chain._calls, records, strict=True)
            for memory, place in zip(record.keep[1], places.values(), strict=False)
            if place.kind != "held"
        ]

    def run(self, reads: list[int], writes: list[int]) -> None:
        """Compute."""
        for memory, place in self._outer:
            address = (reads if place.kind == "read" else writes)[place.number]
            library().call("dnnl_memory_set_data_handle", memory, ctypes.c_void_p(address))
        failed = self._table.run()
        if failed:
            raise RuntimeError(f"oneDNN failed at primitive {failed} of a kernel.")
