"""Fourier transforms: StableHLO's are along the last axis."""

from __future__ import annotations

from broadax.backends.pjrt.table import emits


def _emits(name: str) -> None:
    @emits(name)
    def rule(emitter, op, x):
        w, axis = emitter.writer, op.params["axis"] % x.ndim
        if not x.size:
            return x
        order = [*(k for k in range(x.ndim) if k != axis), axis]
        rows = w.transpose(x, order)
        out = w.new(rows.dtype, rows.shape)
        how = f", type = {name.upper()}, length = [{rows.shape[-1]}] : ({rows.type}) -> {out.type}"
        w.define((out,), "stablehlo.fft ", rows, how)
        return w.transpose(out, [order.index(k) for k in range(x.ndim)])


_emits("fft")
_emits("ifft")
