"""Functions of integers that are loops in plain Python."""

from __future__ import annotations

import math

import numpy as np

from broadax.transforms.functions.registry import library


@library(math.gcd)
def gcd(a, b):
    a, b = abs(a), abs(b)
    while b != 0:
        a, b = b, a % b
    return a


@library(math.lcm)
def lcm(a, b):
    x, y = abs(a), abs(b)
    while y != 0:
        x, y = y, x % y
    return abs(a * b) // max(x, 1)


@library(np.gcd)
def array_gcd(x1, x2, /):
    a, b = np.broadcast_arrays(np.abs(x1), np.abs(x2))
    while np.any(b != 0):
        a, b = np.where(b == 0, a, b), np.where(b == 0, 0, a % np.where(b == 0, 1, b))
    return a


@library(np.lcm)
def array_lcm(x1, x2, /):
    return np.abs(x1 * (x2 // np.maximum(np.gcd(x1, x2), 1)))


@library(math.isqrt)
def isqrt(n):
    r = int(math.sqrt(n))
    while r * r > n:
        r = r - 1
    while (r + 1) * (r + 1) <= n:
        r = r + 1
    return r
