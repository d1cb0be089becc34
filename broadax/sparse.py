"""Sparse Jacobians: columns that meet no row in common share one forward derivative (Curtis, Powell and
Reid, "On the estimation of sparse Jacobian matrices", 1974)."""

from __future__ import annotations

import numpy as np

from broadax.runtime.errors import TypeMismatchError
from broadax.runtime.trees import flatten, unflatten
from broadax.transformed import Transformed


class SparseJacobian:
    """`jacfwd(fun, sparsity="auto")`: a function that gives a `scipy.sparse.csr_array`.

    Its shape is (size of the output, size of the argument). The pattern is found at each call, from the
    function's structure and the branches that it takes.

    Args:
        jvp, vmap: the transforms of that name.

    Attributes:
        colours: how many forward derivatives the last call took.
    """

    def __init__(self, fun, argnums: int, backend: str | None, jvp, vmap):
        if not isinstance(argnums, int):
            raise TypeMismatchError("a sparse Jacobian is by one argument: argnums is an int")
        self.plain = Transformed("jit", fun, {}, backend)
        self.fun, self.argnums, self.colours = fun, argnums, 0

        def along(args, seeds):
            def one(seed):
                f = lambda x: fun(*args[:argnums], x, *args[argnums + 1 :])
                return jvp(f, (args[argnums],), (seed,))[1]

            return vmap(one)(seeds)

        self.along = Transformed("jit", along, {}, backend)

    def __call__(self, *args):
        """The Jacobian at the arguments.

        Raises:
            TypeMismatchError: the argument or the output is no array of floats.
        """
        from scipy.sparse import csr_array

        from broadax.leaves import on_host
        from broadax.transforms.facts.sparsity import colours, pattern

        args = tuple(unflatten(spec, map(on_host, leaves)) for leaves, spec in map(flatten, args))
        x = args[self.argnums]
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            raise TypeMismatchError("a sparse Jacobian is by an array of floats")
        function, flat, number = self.plain.program.flat_call(args, self.argnums)
        if len(function.body.results) != 1:
            raise TypeMismatchError("a sparse Jacobian is of a function with one array as its result")
        (rows,) = pattern(function, flat, number)
        found = colours(rows, x.size)
        self.colours = max(found, default=-1) + 1
        seeds = np.zeros((max(self.colours, 1), x.size), x.dtype)
        seeds[found, np.arange(x.size)] = 1
        compressed = np.asarray(self.along(args, seeds.reshape(-1, *x.shape))).reshape(len(seeds), -1)
        pairs = [(r, c) for r, row in enumerate(rows) for c in _elements(row)]
        r, c = np.array(pairs, dtype=int).reshape(-1, 2).T
        return csr_array((compressed[np.asarray(found, dtype=int)[c], r], (r, c)), shape=(len(rows), x.size))


def _elements(row: int) -> list[int]:
    """The elements of a set, in order."""
    found = []
    while row:
        low = row & -row
        found.append(low.bit_length() - 1)
        row ^= low
    return found
