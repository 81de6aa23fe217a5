"""Bits that flip and files that are cut: what is read is right, or refused. The long version is
``benchmarks/reliability/bit_flips.py``.
"""

import pytest

from tests.saving.hostile.kinds import KINDS, try_damaged


@pytest.mark.parametrize("name", KINDS)
def test_damage_does_not_go_unnoticed(name, tmp_path):
    found = try_damaged(KINDS[name], tmp_path, count=40, seed=7)
    assert found["refused"] > found["warned"]
