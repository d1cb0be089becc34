"""Transforms of what they can't transform, or with wrong options."""

import functools

import numpy as np

import broadax as bx
from mistakes.table import mistake


@mistake(
    TypeError, "Gradient only defined for scalar-output functions. Output ha", np.ones(5), transform=bx.grad
)
def grad_vec(x):  # here
    return x * 2


@mistake(TypeError, "grad requires real- or complex-valued inputs (input dtype th", 3, transform=bx.grad)
def grad_int(x):  # here
    return x * 2


@mistake(
    TypeError, "grad requires real- or complex-valued inputs (input dtype th", np.arange(3), transform=bx.grad
)
def grad_intarr(x):  # here
    return np.sum(x * 2)


@mistake(TypeError, "grad requires real-valued outputs (output dtype that is a su", 3.0, transform=bx.grad)
def grad_intout(x):  # here
    return int(x)


@mistake(TypeError, "grad requires real-valued outputs (output dtype that is a su", 3.0, transform=bx.grad)
def grad_complexout(x):  # here
    return x * 1j


@mistake(TypeError, "Gradient only defined for scalar-output functions. Output ha", 3.0, transform=bx.grad)
def grad_tuple(x):  # here
    return x, x


@mistake(TypeError, "Gradient only defined for scalar-output functions. Output ha", 3.0, transform=bx.grad)
def grad_none(x):  # here
    return None


@mistake(
    TypeError,
    "differentiating with respect to argument 2 needs at least 3 ",
    3.0,
    transform=functools.partial(bx.grad, argnums=2),
)
def grad_argnums(x):  # here
    return x


@mistake(
    TypeError,
    "differentiating with respect to argument -3 needs at least 3",
    3.0,
    transform=functools.partial(bx.grad, argnums=-3),
)
def grad_argnums_neg(x):  # here
    return x


@mistake(
    TypeError,
    "argnums must be an int or a sequence of ints, got 1.5",
    3.0,
    transform=functools.partial(bx.grad, argnums=1.5),
)
def grad_argnums_float(x):  # here
    return x


@mistake(TypeError, "grad by argument 0, which is a str", "abc", transform=bx.grad)
def grad_strarg(x):  # here
    return 1.0


@mistake(
    TypeError,
    "with has_aux=True the function must return a pair (output, a",
    3.0,
    transform=functools.partial(bx.grad, has_aux=True),
)
def grad_aux(x):  # here
    return x


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (6",
    np.ones(5),
    spot="a + np.ones(6)",
    transform=bx.grad,
)
def grad_nested_err(x):
    def inner(a):
        return np.sum(a + np.ones(6))  # here

    return inner(x)


@mistake(
    TypeError,
    "Gradient only defined for scalar-output functions. Output ha",
    np.ones(5),
    spot="bx.grad(lambda y: y * 2)(x)",
    transform=bx.grad,
)
def grad_in_grad(x):
    return bx.grad(lambda y: y * 2)(x)  # here


@mistake(TypeError, "jacfwd requires real-valued inputs (input dtype that is a su", 3, transform=bx.hessian)
def hessian_int(x):  # here
    return x * 2.0


@mistake(TypeError, "jacfwd requires real-valued inputs (input dtype that is a su", 3, transform=bx.jacfwd)
def jac_int(x):  # here
    return x * 2.0


@mistake(
    TypeError,
    "vmap got inconsistent sizes for array axes to be mapped: 5 a",
    np.ones(5),
    np.ones(6),
    transform=bx.vmap,
)
def vmap_sizes(x, y):  # here
    return x + y


@mistake(
    TypeError,
    "vmap got inconsistent sizes for array axes to be mapped: 2 a",
    np.ones(2),
    np.ones(3),
    transform=bx.vmap,
)
def vmap_sizes_small(x, y):  # here
    return x + y


@mistake(
    TypeError,
    "vmap in_axes has 3 entries for 2 arguments",
    np.ones(5),
    np.ones(5),
    transform=functools.partial(bx.vmap, in_axes=(0, 0, 0)),
)
def vmap_inaxes(x, y):  # here
    return x + y


@mistake(
    TypeError,
    "vmap was asked to map axis 3 of an argument of type f64[n]",
    np.ones(5),
    transform=functools.partial(bx.vmap, in_axes=3),
)
def vmap_inaxes_range(x):  # here
    return x


@mistake(
    TypeError,
    "vmap must have at least one non-None value in in_axes",
    np.ones(5),
    transform=functools.partial(bx.vmap, in_axes=None),
)
def vmap_inaxes_none(x):  # here
    return x


@mistake(
    TypeError,
    "vmap: in_axes must be an int, None, or a tree of these, got ",
    np.ones(5),
    transform=functools.partial(bx.vmap, in_axes="a"),
)
def vmap_inaxes_str(x):  # here
    return x


@mistake(TypeError, "vmap was asked to map axis 0 of an argument of type f64[]", 3.0, transform=bx.vmap)
def vmap_scalar(x):  # here
    return x


@mistake(
    ValueError,
    "vmap: out_axes 3 is out of bounds for an array of dimension ",
    np.ones(5),
    transform=functools.partial(bx.vmap, out_axes=3),
)
def vmap_outaxes(x):  # here
    return x


@mistake(
    TypeError,
    "vmap: in_axes does not fit the structure of the value",
    {"b": np.ones(5)},
    transform=functools.partial(bx.vmap, in_axes=({"a": 0},)),
)
def vmap_intree(x):  # here
    return x["b"]


@mistake(
    ValueError,
    "The truth value of an array with more than one element is am",
    np.ones((6, 5)),
    spot="x > 0",
    transform=bx.vmap,
)
def vmap_truth(x):
    if x > 0:  # here
        return 1.0
    return 2.0


@mistake(
    TypeError, "the result is an array f64[3] in one branch and an array f64", np.ones(6), transform=bx.vmap
)
def vmap_diffshape(x):  # here
    if x > 0:
        return np.ones(3)
    return np.ones(4)


@mistake(
    ValueError,
    "operands could not be broadcast together with shapes (5,) (4",
    np.ones((6, 5)),
    spot="x + np.ones(4)",
    transform=bx.vmap,
)
def vmap_inner_err(x):
    return x + np.ones(4)  # here


@mistake(
    NotImplementedError,
    "the function that is transformed writes to total, which it d",
    np.ones(5),
    spot="bx.grad(inner)(x)",
)
def nest_inner_write(x):
    total = np.zeros(5)

    def inner(y):
        total[0] = y[0]
        return np.sum(y)

    return bx.grad(inner)(x) + total  # here


@mistake(
    TypeError,
    "a (co)tangent of type f64[4] does not fit the value f64[n]",
    np.ones(5),
    spot="bx.jvp(np.sin, (x,), (np.ones(4),))",
)
def inner_jvp_err(x):
    return bx.jvp(np.sin, (x,), (np.ones(4),))  # here


@mistake(
    TypeError,
    "a (co)tangent of type f64[4] does not fit the value f64[n]",
    np.ones(5),
    spot="pull(np.ones(4))",
)
def inner_vjp_err(x):
    y, pull = bx.vjp(np.sin, x)
    return pull(np.ones(4))  # here


@mistake(
    TypeError,
    "vmap got inconsistent sizes for array axes to be mapped: 5 a",
    np.ones(5),
    np.ones(4),
    spot="bx.vmap(lambda a, b: a + b)(x, y)",
)
def inner_vmap_err(x, y):
    return bx.vmap(lambda a, b: a + b)(x, y)  # here


@mistake(
    TypeError,
    "Gradient only defined for scalar-output functions. Output ha",
    np.ones(5),
    np.ones(4),
    spot="bx.grad(lambda a: a * 2)(x)",
)
def inner_grad_err(x, y):
    return bx.grad(lambda a: a * 2)(x)  # here


@mistake(
    NotImplementedError,
    "grad_rec calls itself without an end that is known when it i",
    0.5,
    spot="grad_rec(x)",
    transform=bx.grad,
)
def grad_rec(x):
    return grad_rec(x) * 2  # here
