"""The PJRT backend: StableHLO, compiled and run by the plugin of a device (CPU, GPU, TPU)."""

from __future__ import annotations

from broadax.transforms.core.statements import Function


def source(function: Function) -> str:
    """The StableHLO of a Core function, after `pipeline.before_copies`; needs no plugin.

    Raises:
        BackendError: the function does what devices can't.
    """
    from broadax.backends.pjrt.emit import module_text

    return module_text(function, function.name).text


def compile(function: Function, mutated=None, donated: tuple[int, ...] = ()):
    """A callable on flat arguments that gives a tuple of arrays on a device.

    Args:
        function: a Core function after `pipeline.before_copies`, whose sizes are numbers.
        mutated: flat parameter → flat result: NumPy arrays into which the caller copies results.
        donated: flat parameters whose memory results may take.

    Raises:
        BackendError: the function does what devices can't.
    """
    from broadax.backends.pjrt.run import Compiled

    return Compiled(function, donated)
