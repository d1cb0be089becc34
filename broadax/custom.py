"""`custom_jvp`, `custom_vjp`: functions with derivative rules that the user writes."""

from __future__ import annotations

from collections.abc import Callable

from broadax.transforms.custom import CustomJvp, CustomVjp, no_symbolic_zeros


class custom_jvp(CustomJvp):  # noqa: N801  (JAX's name)
    """A function with a rule of its own for tangents, which serves both modes; a decorator.

    Args:
        fun: the function.
        nondiff_argnums, nondiff_argnames: arguments that the rule gets first, as they are.

    Example:
        @bx.custom_jvp
        def f(x, y): return np.sin(x) * y

        @f.defjvp
        def f_jvp(primals, tangents):
            (x, y), (t_x, t_y) = primals, tangents
            return f(x, y), np.cos(x) * t_x * y + np.sin(x) * t_y
    """

    def defjvp(self, jvp: Callable, symbolic_zeros: bool = False) -> Callable:
        """Set the rule `jvp(*nondiff, primals, tangents) → (out, tangent of out)`; returns it.

        It must be linear in the tangents. The tangent of what is no float is zeros of dtype float0.
        """
        no_symbolic_zeros(symbolic_zeros)
        self.rule = jvp
        return jvp

    def defjvps(self, *jvps: Callable | None) -> None:
        """Set a rule for each argument: `jvp(t, out, *primals)` gives its share, None is zero.

        Raises:
            TypeError: the function has nondiff_argnums.
        """
        if self.nondiff_argnums:
            raise TypeError("Can't use ``defjvps`` with ``nondiff_argnums``.")
        self.rules = jvps


class custom_vjp(CustomVjp):  # noqa: N801  (JAX's name)
    """A function with a rule of its own for cotangents; a decorator.

    Args:
        fun: the function.
        nondiff_argnums, nondiff_argnames: arguments that the backward rule gets first, as they are.

    Example:
        @bx.custom_vjp
        def f(x, y): return np.sin(x) * y

        def f_fwd(x, y): return f(x, y), (np.cos(x), np.sin(x), y)
        def f_bwd(res, d):
            cos_x, sin_x, y = res
            return cos_x * d * y, sin_x * d

        f.defvjp(f_fwd, f_bwd)
    """

    def defvjp(
        self, fwd: Callable, bwd: Callable, symbolic_zeros: bool = False, optimize_remat: bool = False
    ) -> None:
        """Set the rules.

        Args:
            fwd: `fwd(*args) → (out, residuals)`.
            bwd: `bwd(*nondiff, residuals, cotangent of out)` gives a tuple with the cotangent of each
                argument that is not in nondiff_argnums; None is zero. The cotangent of what is no float is
                zeros of dtype float0.
            optimize_remat: accepted; what is not needed of a forward rule is never computed.

        Raises:
            UnsupportedError: symbolic_zeros.
        """
        no_symbolic_zeros(symbolic_zeros)
        self.forward, self.backward = fwd, bwd
