"""Random programs give compiled what they give eagerly; more of them: benchmarks/reliability."""

import pytest

from tests.kernels.programs import differs

pytest.importorskip("llvmlite", reason="machine code needs llvmlite, the extra [fast]")


@pytest.mark.parametrize("seed", range(16))
def test_compiled_equals_eager(seed):
    assert differs(seed) is None
