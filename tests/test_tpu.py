"""Programs compiled for a TPU that is not here, where libtpu is installed: `v5e:2x2x1`, two dozen samples."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import optree
import pytest
from samples.pool import load_all
from test_samples import differentiable, loss_of

import broadax as bx
from broadax.runtime.pjrt import plugins

MISSING = plugins.why_not() or ("" if plugins._installed("tpu") else "libtpu is not installed")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

CHOSEN = 24
BF16 = np.dtype(ml_dtypes.bfloat16)


def programs():
    """Name, function and arguments of samples over the whole pool; by turns the gradient."""
    pool = [s for s in load_all().values() if "f32" in s.dtypes]
    for k, sample in enumerate(pool[:: len(pool) // CHOSEN][:CHOSEN]):
        args = sample.draw("f32")
        numbers = differentiable(sample, args)
        gradient = k % 2 and numbers and sample.order
        f = bx.grad(loss_of(sample.function), numbers) if gradient else bx.jit(sample.function)
        yield sample.name, f, args


def _narrowed(args: tuple) -> tuple:
    """The arguments with bfloat16 in place of float32."""

    def narrowed(leaf):
        return leaf.astype(BF16) if isinstance(leaf, np.ndarray) and leaf.dtype == np.float32 else leaf

    return optree.tree_map(narrowed, args, none_is_leaf=True)


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
def test_samples_compile_for_a_tpu(dtype, capsys):
    topology = bx.topology("v5e:2x2x1")
    assert {d["kind"] for d in topology.device_descriptions()} == {"TPU v5 lite"}
    done, refused = 0, []
    for name, f, args in programs():
        try:
            text = f.source(*(args if dtype == "f32" else _narrowed(args)), stage="stablehlo")
        except bx.BroadaxError as error:
            refused.append((name, str(error).splitlines()[0]))
            continue
        assert len(topology.compile(text)) > 1000, name
        done += 1
    with capsys.disabled():
        print(f"\n{dtype}: {done} of {CHOSEN} programs compiled for a TPU; not written: {refused}")
    assert done >= CHOSEN - 4
