"""cuDNN takes the graphs that kerasette makes, seen without a GPU where cuDNN is installed."""

import pytest

from tests.gpu.conftest import REAL
from tests.gpu.kernels import planned
from tests.gpu.kernels.cudnn_cases import CASES

LACKING = planned.lacking()


@pytest.mark.skipif(REAL, reason="there is a GPU, on which the other tests run")
@pytest.mark.skipif(LACKING is not None, reason=f"plans of cuDNN: {LACKING}")
def test_cudnn_has_a_plan_for_each():
    found = planned.plans()
    assert set(found) == set(CASES)
    assert {name: why for name, why in found.items() if why != "planned"} == {}
