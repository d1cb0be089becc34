"""Array methods and attributes, methods of the user's own classes."""

import numpy as np

from samples.pool import normal, sample, scalar, uniform


class Spring:
    def __init__(self, stiffness, rest):
        self.stiffness = stiffness
        self.rest = rest

    def energy(self, x):
        return 0.5 * self.stiffness * np.sum((x - self.rest) ** 2)

    def force(self, x):
        return -self.stiffness * (x - self.rest)

    @staticmethod
    def kinetic(v):
        return 0.5 * np.sum(v * v)

    def __call__(self, x, v):
        return self.energy(x) + self.kinetic(v)


SPRING = Spring(2.5, np.array([0.1, 0.2, 0.3]))


@sample(normal(3))
def method_of_an_object(x):
    return SPRING.energy(x) + SPRING.force(x)


@sample(normal(3), normal(3))
def callable_object(x, v):
    return SPRING(x, v) * SPRING.rest


@sample(scalar(), normal(3))
def object_made_inside(k, x):
    spring = Spring(k, 0.5)
    return spring.energy(x) * spring.stiffness


@sample(normal(3, 4))
def array_methods(a):
    return a.sum(axis=1) + a.mean(1) * a.max(axis=1) - a.min() + a.T.sum(0)


@sample(normal(2, 3, 4))
def attributes(a):
    return a.ravel()[: a.ndim] * a.size + a.shape[1] / len(a)


@sample(uniform(2, 6))
def reshaping_methods(a):
    return a.reshape(3, 4) @ a.reshape((4, -1)) + a.transpose().flatten()[:3]


@sample(normal(5))
def statistics_methods(x):
    return x.var() + x.std() * x.prod() + x.dot(x) + x.cumsum()


@sample(normal(4))
def casting_methods(x):
    y = x.astype(np.float64) * 2
    return y.copy().clip(-1, 1.5) + x.squeeze()


@sample(normal(4))
def dot_and_repeat(x):
    return x.repeat(2) + np.zeros(8).reshape(-1)


@sample(normal(3, 3))
def swapped_axes(a):
    return a.swapaxes(0, 1) @ a + a.trace() * a.diagonal()
