"""Memory of large arrays that Numba code makes: freed blocks are used again; only so many of them wait."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import broadax as bx

memory = pytest.importorskip("broadax.runtime.memory")


@pytest.fixture(autouse=True)
def none_waits():
    memory.release()
    yield
    memory.release()


@bx.jit(backend="numba")
def doubled(x):
    return 2.0 * x


def address(x: np.ndarray) -> int:
    return x.__array_interface__["data"][0]


def test_a_freed_block_serves_the_next_array_of_about_its_size():
    x = np.ones(100_000)
    first = doubled(x)
    place, held = address(first), memory.held()
    assert held == 0 and place % 64 == 0
    del first
    assert x.nbytes <= memory.held() <= 1.125 * x.nbytes
    second = doubled(x[:99_000])
    assert address(second) == place and memory.held() == 0
    np.testing.assert_array_equal(second, np.full(99_000, 2.0))


def test_calls_one_after_the_other_cause_no_page_faults():
    resource = pytest.importorskip("resource")
    x = np.ones(500_000)
    doubled(x)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        doubled(x)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 100  # a result has 977 pages


def test_arrays_that_live_have_memory_of_their_own():
    x = np.arange(50_000.0)
    results = [doubled(x + k) for k in range(40)]
    for k, result in enumerate(results):
        np.testing.assert_array_equal(result, 2 * (x + k))
    assert len({address(r) for r in results}) == 40
    del results, result  # more than there are slots: the others are freed
    assert memory.SLOTS * x.nbytes <= memory.held() <= 1.125 * memory.SLOTS * x.nbytes


def test_small_arrays_do_not_wait():
    result = doubled(np.ones(1000))
    del result
    assert memory.held() == 0


@pytest.mark.parametrize("bytes_", [1 << 16, (1 << 16) + 8, 3 << 20, (5 << 20) - 8, 1 << 24])
def test_sizes_around_those_of_blocks(bytes_):
    x = np.arange(bytes_ / 8)
    for _ in range(3):
        np.testing.assert_array_equal(doubled(x), 2 * x)
    assert bytes_ <= memory.held() <= 1.125 * bytes_


def test_more_than_may_wait_is_freed(monkeypatch):
    monkeypatch.setattr(memory, "MOST", 1 << 20)
    engine = memory._compiled()
    take, give, held = memory.functions(engine)
    blocks = [take(300_000) for _ in range(4)]
    for block in blocks[:3]:
        give(block)
    assert 900_000 <= held() <= 1 << 20
    give(blocks[3])
    assert held() == 0


def test_threads_never_get_the_same_block():
    wrong = []

    def work(k):
        x = np.full(20_000, float(k))
        for _ in range(200):
            if not np.array_equal(doubled(x), 2 * x):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
