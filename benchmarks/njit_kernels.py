"""Kernels by hand for `numba.njit`, where it does not compile the NumPy programs: as loops."""

from __future__ import annotations

import math

import numba
import numpy as np


@numba.njit
def doitgen(NR, NQ, NP, A, C4):
    line = np.empty(NP)
    for r in range(NR):
        for q in range(NQ):
            line[:] = 0.0
            for s in range(NP):
                for p in range(NP):
                    line[p] += A[r, q, s] * C4[s, p]
            A[r, q, :] = line


@numba.njit
def correlation(float_n, data):
    N, M = data.shape
    mean, stddev = np.zeros(M), np.zeros(M)
    for i in range(N):
        for j in range(M):
            mean[j] += data[i, j] / N
    for i in range(N):
        for j in range(M):
            stddev[j] += (data[i, j] - mean[j]) ** 2 / N
    for j in range(M):
        stddev[j] = math.sqrt(stddev[j])
        if stddev[j] <= 0.1:
            stddev[j] = 1.0
    for i in range(N):
        for j in range(M):
            data[i, j] = (data[i, j] - mean[j]) / (math.sqrt(float_n) * stddev[j])
    corr = data.T @ data
    for i in range(M):
        corr[i, i] = 1.0
    return corr


BY_HAND = {"doitgen": doitgen, "correlation": correlation}
