"""Random bits on a GPU: those of the CPU, for they are a function of a key and a counter."""

import math
from typing import Any

from kerasette.arrays.philox import KEY_STEPS, MULTIPLIERS, ROUNDS
from kerasette.core.kernels import kernel
from kerasette.core.primitive import find
from kerasette.core.spec import Spec
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cuda.launch import THREADS, Launch

_MOST = 1 << 16  # blocks of threads

# A thread makes the four words of a counter, as `arrays/philox.py` does.
SOURCE = f"""
extern "C" __global__ void cluster(const Words<4> given) {{
  unsigned char *out = (unsigned char *)given.word[0];
  const unsigned int *key = (const unsigned int *)given.word[1];
  const long long count = given.word[2];
  const unsigned int threshold = (unsigned int)given.word[3];
  const long long steps = (long long)gridDim.x * blockDim.x;
  long long block = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  for (; 4 * block < count; block += steps) {{
    unsigned int c[4] = {{(unsigned int)block, (unsigned int)(block >> 32), 0u, 0u}};
    unsigned int k0 = key[0], k1 = key[1];
    for (int turn = 0; turn < {ROUNDS}; ++turn) {{
      const unsigned long long left = {MULTIPLIERS[0]}ull * c[0];
      const unsigned long long right = {MULTIPLIERS[1]}ull * c[2];
      c[0] = (unsigned int)(right >> 32) ^ c[1] ^ k0;
      c[2] = (unsigned int)(left >> 32) ^ c[3] ^ k1;
      c[1] = (unsigned int)right;
      c[3] = (unsigned int)left;
      k0 += {KEY_STEPS[0]}u;
      k1 += {KEY_STEPS[1]}u;
    }}
    for (int i = 0; i < 4 && 4 * block + i < count; ++i) out[4 * block + i] = c[i] >= threshold;
  }}
}}
"""


class Mask:
    """Random truth values of a spec."""

    def __init__(self, spec: Spec, threshold: int, driver: Any):
        self._spec, self._threshold, self._driver = spec, threshold, driver
        self._count = math.prod(spec.shape)
        blocks = -(-self._count // (4 * THREADS))
        self._launch = Launch(min(blocks, _MOST), THREADS, 1)
        self._function = driver.function(SOURCE, "cluster")

    def __call__(self, state: Any) -> Any:
        key = self._driver.contiguous(state)
        out = self._driver.empty(self._spec)
        words = [out.data.ptr, key.data.ptr, self._count, self._threshold]
        self._driver.launch(self._function, self._launch, words)
        return out


@kernel("random_mask", "gpu")
def random_mask(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Mask | None:
    """True with probability ``1 - rate``."""
    driver, threshold = drivers.driver(), round(attributes["rate"] * 2**32)
    spec = find("random_mask").spec(*specs, **attributes)
    if driver is None or threshold >= 2**32 or specs[0].dtype != "uint32" or 0 in spec.shape:
        return None
    return Mask(spec, threshold, driver)
