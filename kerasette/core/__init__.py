"""The autodiff core: primitives, tensors, variables, the tape and the interpreters."""
