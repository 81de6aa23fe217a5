"""LLVM IR to machine code of this processor, in this process."""

import functools
from typing import Any

from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.llvm import object_cache


@functools.cache
def target_machine() -> Any:
    """This processor, with all that it can.

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
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def function_address(ir: str, name: str) -> int:
    """The address of the function ``name`` of a module in LLVM's language."""
    return int(_engine(ir).get_function_address(name))


@functools.cache
def _engine(ir: str) -> Any:
    """A module as machine code; it lives as long as the process."""
    import llvmlite.binding as llvm

    machine = target_machine()
    version = ".".join(str(part) for part in llvm.llvm_version_info)
    identity = (version, machine.triple, llvm.get_host_cpu_name())
    features = llvm.get_host_cpu_features().flatten()
    key = object_cache.key(ir, *identity, features)
    kept = object_cache.read(key)
    module = llvm.parse_assembly(ir)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    if kept is None:
        tuning = llvm.create_pipeline_tuning_options(speed_level=3)
        tuning.loop_vectorization = tuning.slp_vectorization = True
        passes = llvm.create_pass_builder(machine, tuning)
        passes.getModulePassManager().run(module, passes)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.set_object_cache(lambda _, code: object_cache.write(key, bytes(code)), lambda _: kept)
    engine.finalize_object()
    return engine
