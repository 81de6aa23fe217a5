"""LLVM IR to machine code of this processor, in this process."""

import functools
from typing import Any

_engines: list[Any] = []  # they own the code, for as long as the process lives


@functools.cache
def target_machine() -> Any:
    """This processor, with all that it can.

    Raises: ImportError where llvmlite is not installed.
    """
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


@functools.cache
def function_address(ir: str, name: str) -> int:
    """The address of the function ``name`` of a module in LLVM's language."""
    import llvmlite.binding as llvm

    machine = target_machine()
    module = llvm.parse_assembly(ir)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(name))
