"""Tuples, lists, dicts, named tuples and dataclasses, as parameters, results and in between."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from samples.pool import normal, sample, scalar, uniform


class State(NamedTuple):
    position: object
    velocity: object


@dataclass(frozen=True)
class Layer:
    w: object
    b: object

    def apply(self, x):
        return np.tanh(self.w @ x + self.b)


@dataclass
class Box:
    low: object
    high: object

    @property
    def width(self):
        return self.high - self.low


@sample({"w": normal(3, 2), "b": normal(3)}, normal(2))
def dictionary_of_parameters(params, x):
    return params["w"] @ x + params["b"]


@sample(State(normal(2), normal(2)), scalar(0.1, 0.3))
def named_tuple_step(state, dt):
    velocity = state.velocity - dt * state.position
    return State(state.position + dt * velocity, velocity)


@sample(State(normal(2), normal(2)))
def named_tuple_loop(state):
    for _ in range(4):
        state = State(state.position + 0.1 * state.velocity, state.velocity - 0.1 * np.sin(state.position))
    return state.position


@sample(State(normal(), normal()))
def named_tuple_replace(state):
    moved = state._replace(position=state.position * 2)
    p, v = moved
    return p * v


@sample(Layer(normal(3, 2), normal(3)), normal(2))
def dataclass_with_method(layer, x):
    return layer.apply(x) * 2


@sample(Box(uniform(3), uniform(3, low=3, high=4)))
def dataclass_with_property(box):
    return np.prod(box.width) + box.low[0]


@sample([normal(3), normal(3), normal(3)])
def list_of_arrays(xs):
    return sum(xs) * xs[0] + len(xs)


@sample({"a": scalar(), "rest": [scalar(), (scalar(), scalar())]})
def nested_tree(tree):
    b, (c, d) = tree["rest"]
    return tree["a"] * b + c / d


@sample(normal(4))
def dictionary_result(x):
    return {"mean": np.mean(x), "centred": x - np.mean(x)}


@sample({"x": normal(3), "y": normal(3), "z": normal(3)})
def dictionary_items(d):
    total = 0.0
    for name, value in d.items():
        weight = 2.0 if name == "y" else 1.0
        total += weight * np.sum(value**2)
    return total + sum(np.sum(v) for v in d.values()) + len(d.keys())


@sample(scalar(), scalar())
def dictionary_building(x, y):
    d = {}
    d["sum"] = x + y
    d["product"] = x * y
    d.update(ratio=x / y)
    d["sum"] += 1
    return d.get("sum", 0) * d["ratio"] + d.get("missing", 3.0) + ("product" in d)


@sample(scalar(), scalar(), scalar())
def unpacking(a, b, c):
    first, *rest = (a, b, c)
    (p, q), r = (first, rest[0]), rest[-1]
    return p * q + r


@sample(scalar())
def list_methods(x):
    terms = [x, x * x]
    terms.append(np.sin(x))
    terms.extend([1.0, x / 2])
    terms.insert(0, x + 1)
    last = terms.pop()
    terms[1] = terms[1] * 3
    return sum(terms) * last + len(terms)


@sample(normal(3), normal(3))
def tuple_arithmetic(x, y):
    pair = (x, y) + (x * y,)
    return pair[0] + pair[1:][1] + pair[-1] * len(pair * 2)


@sample([Layer(normal(3, 2), normal(3)), Layer(normal(2, 3), normal(2))], normal(2))
def list_of_dataclasses(layers, x):
    for layer in layers:
        x = layer.apply(x) + 0.1
    return x


@sample(normal(4))
def array_of_list(x):
    return np.array([x[0] * x[1], x[2], 3.0]) + np.array([[x[3], 1.0, 2.0], [0.5, x[0], x[0]]])


@sample(scalar(), scalar())
def zipped_dictionary(x, y):
    values = dict(zip(("u", "v"), (x, y)))
    return values["u"] ** 2 * values["v"]


@sample((normal(2), normal(2)), scalar(0.1, 1))
def tuple_parameter_update(params, rate):
    return tuple(p - rate * np.sin(p) for p in params)


@sample(normal(2))
def state_in_a_dictionary(x):
    state = {"x": x, "n": 0}
    for _ in range(3):
        state["x"] = state["x"] * 1.5 - 0.1
        state["n"] += 1
    return state["x"] * state["n"]
