"""LLVM IR to machine code of this processor, in this process.

A plan asks for the code of all its kernels before it wants the first address: they are compiled
meanwhile, several at once, by others and by the thread that waits.
"""

import ctypes
import functools
import threading
from collections.abc import Callable
from typing import Any

from kerasette.kernels import object_cache
from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm.jobs import Job


def function_address(ir: str, name: str) -> int:
    """The address of the function ``name`` of a module in LLVM's language."""
    return _code(ir).address(name)


def function_later(ir: str, name: str, as_written: bool = False) -> Callable[[], int]:
    """Begin to compile, and give what gives the address.

    Args:
        as_written: whether loops are already of whole vectors: LLVM then only tidies up, in less
            than half of the time.
    """
    return functools.partial(_code(ir, as_written).address, name)


class Code:
    """A module as machine code, or in the making; it lives as long as the process."""

    def __init__(self, ir: str, as_written: bool = False):
        self._ir = ir
        self._as_written = as_written
        self._key = object_cache.key(ir, str(as_written), *_identity())
        self._object = object_cache.read(self._key)
        self._error: Exception | None = None
        self._engine: Any = None
        self._lock = threading.Lock()
        self._job = None if self._object else Job(self._compile, len(ir))

    def address(self, name: str) -> int:
        """The address of a function; it waits for the code.

        Raises: what compiling raised.
        """
        with self._lock:
            if self._engine is None:
                self._engine = self._load()
        return int(self._engine.get_function_address(name))

    def _load(self) -> Any:
        import llvmlite.binding as llvm

        if self._job is not None:
            self._job.wait()
        if self._object is None:
            raise self._error or RuntimeError("LLVM gave no code.")
        module = llvm.parse_assembly("")
        module.triple = llvm.get_process_triple()
        engine = llvm.create_mcjit_compiler(module, _machine())
        engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(self._object))
        engine.finalize_object()
        self._object = self._job = None
        return engine

    def _compile(self) -> None:
        try:
            self._object = _object_code(self._ir, self._as_written)
            object_cache.write(self._key, self._object)
        except Exception as error:
            self._error = error


_code = functools.cache(Code)


@functools.cache
def _identity() -> tuple[str, ...]:
    """What code depends on, besides its text: the compiler and the processor.

    Raises: ImportError where llvmlite is not installed.
    """
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    pool = threads.openmp()
    if pool is not None:  # generated code calls these by their names
        llvm.add_symbol("GOMP_parallel", pool.parallel)
        llvm.add_symbol("omp_get_thread_num", pool.thread_number)
        llvm.add_symbol("omp_get_num_threads", pool.team_size)
    version = ".".join(str(part) for part in llvm.llvm_version_info)
    features = llvm.get_host_cpu_features().flatten()
    return version, llvm.get_process_triple(), llvm.get_host_cpu_name(), features


def _machine() -> Any:
    """This processor, with all that it can. A thread needs one of its own."""
    import llvmlite.binding as llvm

    _, _, name, features = _identity()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=name, features=features, opt=3, jit=True)


def _object_code(ir: str, as_written: bool) -> bytes:
    """The module, optimised and compiled.

    llvmlite lets one thread in at a time. What takes nearly all the time works on a module in a
    context of its own, which LLVM allows in many threads: these two calls go past that lock.
    """
    import llvmlite.binding as llvm

    machine = _machine()
    context = llvm.create_context()
    module = llvm.parse_assembly(ir, context)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    # One vector in each turn: several would take a fifth longer to compile, and are no faster where
    # memory or latency bounds a loop, as it does nearly all.
    tuning.loop_vectorization = True
    tuning.loop_interleaving = tuning.loop_unrolling = tuning.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, tuning)
    passes = _tidying() if as_written else builder.getModulePassManager()
    _past_the_lock("LLVMPY_RunNewModulePassManager")(passes, module, builder)
    lib = llvm.ffi.lib
    with llvm.ffi.OutputString() as error:
        made = _past_the_lock("LLVMPY_TargetMachineEmitToMemory")(machine, module, 1, error)
        if not made:
            raise RuntimeError(f"LLVM: {error}")
    try:
        return ctypes.string_at(lib.LLVMPY_GetBufferStart(made), lib.LLVMPY_GetBufferSize(made))
    finally:
        lib.LLVMPY_DisposeMemoryBuffer(made)


def _tidying() -> Any:
    """Passes that make values of slots, and compute the same thing once."""
    import llvmlite.binding as llvm

    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.add_new_gvn_pass()
    passes.add_simplify_cfg_pass()
    return passes


def _past_the_lock(name: str) -> Callable[..., Any]:
    import llvmlite.binding as llvm

    function = getattr(llvm.ffi.lib, name)
    found: Callable[..., Any] = getattr(function, "_cfn", function)
    return found
