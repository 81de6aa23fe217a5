"""The memory plan: what is wanted at the same time never overlaps."""

from hypothesis import given
from hypothesis import strategies as st

from kerasette.graph.memory import ALIGNMENT, Storage, arrange

LIVES = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 20), st.integers(0, 8)), max_size=25
)


@given(LIVES)
def test_storages_that_live_together_stand_apart(lives):
    storages = []
    for size, first, length in lives:
        storage = Storage("arena", size, first=first)
        storage.last = first + length
        storages.append(storage)
    total = arrange(storages)
    for i, a in enumerate(storages):
        assert a.offset % ALIGNMENT == 0
        assert a.offset + a.size <= total
        for b in storages[:i]:
            together = a.first <= b.last and b.first <= a.last
            apart = a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
            assert apart or not together


def test_a_chain_needs_the_memory_of_two():
    storages = []
    for step in range(10):
        storage = Storage("arena", 256, first=step)
        storage.last = step + 1
        storages.append(storage)
    assert arrange(storages) == 512
