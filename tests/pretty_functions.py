"""Functions whose generated source is kept as golden text. Each is small and shows one thing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

import broadax as bx


def network(params, x, y):
    (W1, b1), (W2, b2) = params
    h = np.tanh(x @ W1 + b1)
    out = h @ W2 + b2
    return np.mean((out - y) ** 2)


def heat(u, alpha, steps):
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def newton(a):
    x = a
    while abs(x * x - a) > 1e-10:
        x = 0.5 * (x + a / x)
    return x


def rnn(W, U, b, xs, h):
    for x in xs:
        h = np.tanh(W @ x + U @ h + b)
    return np.sum(h)


def fibonacci(n):
    a, b = 0.0, 1.0
    for _ in range(n):
        a, b = b, a + b
    return a


def bisect(a, b):
    for _ in range(60):
        m = 0.5 * (a + b)
        if m**3 - 2 > 0:
            b = m
        else:
            a = m
    return a


def clip(x):
    if x > 1:
        return 1.0
    if x < -1:
        return -1.0
    return x


def find(xs, v):
    for i in range(len(xs)):
        if xs[i] == v:
            return i
    return -1


def running_total(x):
    out = np.zeros_like(x)
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2
        out[i] = total
    return out


def running_sum(x):
    return np.sum(running_total(x))


def normalised(x, w):
    y = np.maximum(x @ w, 0.0)
    if np.sum(y) > 1.0:
        y = y / np.sum(y)
    return np.sum(y * y)


def cross_entropy(logits, labels):
    z = logits - np.max(logits, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(labels)), labels])


def kalman(x, P, F, Q, zs):
    for z in zs:
        x = F @ x
        P = F @ P @ F.T + Q
        s = P[0, 0] + 0.1
        k = P[:, 0] / s
        x = x + k * (z - x[0])
        P = P - np.outer(k, P[0])
    return x


def convolve(x, k):
    n = len(x) - len(k) + 1
    out = np.zeros(n)
    for i in range(n):
        for j in range(len(k)):
            out[i] += x[i + j] * k[j]
    return out


def positive(x):
    assert np.all(x > 0), "positive numbers only"
    return np.sum(np.log(x))


class Line(NamedTuple):
    slope: float
    offset: float


def line_loss(line, xs, ys):
    return np.sum((line.slope * xs + line.offset - ys) ** 2)


@dataclass
class Oscillator:
    mass: float
    stiffness: float


def energy(oscillator, q, v):
    return 0.5 * oscillator.mass * v**2 + 0.5 * oscillator.stiffness * q**2


def lookup(table, x):
    return np.sum(np.tanh(table["w"] * x + table["b"]))


A = np.arange(6.0).reshape(2, 3)
gain = 3.0


def with_globals(x):
    return gain * np.sum(A @ x)


def pendulum(theta, omega, dt, steps):
    for _ in range(steps):
        omega = omega - dt * math.sin(theta)
        theta = theta + dt * omega
    return theta


def triangle(x):
    return np.sum(np.sin(x) * x)


def triangle_and_slope(x, t):
    return bx.jvp(triangle, (x,), (t,))
