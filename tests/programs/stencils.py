"""Stencils: sweeps of slices and of single elements over grids."""

import numpy as np

from programs.pool import program


@program(lambda r, s: (5, r.random(10 * s), r.random(10 * s)), main=1, writes=True)
def jacobi_1d(TSTEPS, A, B):
    for t in range(1, TSTEPS):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])


@program(lambda r, s: (4, r.random((8 * s, 8 * s)), r.random((8 * s, 8 * s))), main=1, writes=True)
def jacobi_2d(TSTEPS, A, B):
    for t in range(1, TSTEPS):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])


@program(lambda r, s: (3, r.random((6 * s, 7, 5)), r.random((6 * s, 7, 5))), main=1, writes=True)
def heat_3d(TSTEPS, A, B):
    for t in range(1, TSTEPS):
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, 1:-1, :-2])
            + A[1:-1, 1:-1, 1:-1]
        )
        A[1:-1, 1:-1, 1:-1] = (
            0.125 * (B[2:, 1:-1, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[:-2, 1:-1, 1:-1])
            + 0.125 * (B[1:-1, 2:, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, :-2, 1:-1])
            + 0.125 * (B[1:-1, 1:-1, 2:] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, 1:-1, :-2])
            + B[1:-1, 1:-1, 1:-1]
        )


@program(lambda r, s: (3, 7 * s, r.random((7 * s, 7 * s))), main=2, writes=True)
def seidel_2d(TSTEPS, N, A):
    for t in range(0, TSTEPS - 1):
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                A[i, j] = (
                    A[i - 1, j - 1] + A[i - 1, j] + A[i - 1, j + 1]
                    + A[i, j - 1] + A[i, j] + A[i, j + 1]
                    + A[i + 1, j - 1] + A[i + 1, j] + A[i + 1, j + 1]
                ) / 9.0  # fmt: skip


@program(lambda r, s: (3, 7 * s, r.random((7 * s, 7 * s))), main=2, writes=True)
def seidel_2d_rows(TSTEPS, N, A):
    for t in range(TSTEPS - 1):
        for i in range(1, N - 1):
            A[i, 1:-1] += A[i - 1, :-2] + A[i - 1, 1:-1] + A[i - 1, 2:]
            A[i, 1:-1] += A[i, 2:] + A[i + 1, :-2] + A[i + 1, 1:-1] + A[i + 1, 2:]
            for j in range(1, N - 1):
                A[i, j] += A[i, j - 1]
                A[i, j] /= 9.0


@program(
    lambda r, s: (4, r.random((7 * s, 8)), r.random((7 * s, 8)), r.random((7 * s, 8)), r.random(4)),
    main=3,
    writes=True,
)
def fdtd_2d(TMAX, ex, ey, hz, _fict_):
    for t in range(TMAX):
        ey[0, :] = _fict_[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])


@program(lambda r, s: (3, 8 * s, r.random((8 * s, 8 * s))), main=2, writes=True)
def adi(TSTEPS, N, u):
    v = np.empty(u.shape, dtype=u.dtype)
    p = np.empty(u.shape, dtype=u.dtype)
    q = np.empty(u.shape, dtype=u.dtype)

    DX = 1.0 / N
    DT = 1.0 / TSTEPS
    mul1 = 2.0 * DT / (DX * DX)
    mul2 = DT / (DX * DX)

    a = -mul1 / 2.0
    b = 1.0 + mul2
    c = a
    d = -mul2 / 2.0
    e = 1.0 + mul2
    f = d

    for t in range(1, TSTEPS + 1):
        v[0, 1 : N - 1] = 1.0
        p[1 : N - 1, 0] = 0.0
        q[1 : N - 1, 0] = v[0, 1 : N - 1]
        for j in range(1, N - 1):
            p[1 : N - 1, j] = -c / (a * p[1 : N - 1, j - 1] + b)
            q[1 : N - 1, j] = (
                -d * u[j, 0 : N - 2]
                + (1.0 + 2.0 * d) * u[j, 1 : N - 1]
                - f * u[j, 2:N]
                - a * q[1 : N - 1, j - 1]
            ) / (a * p[1 : N - 1, j - 1] + b)
        v[N - 1, 1 : N - 1] = 1.0
        for j in range(N - 2, 0, -1):
            v[j, 1 : N - 1] = p[1 : N - 1, j] * v[j + 1, 1 : N - 1] + q[1 : N - 1, j]

        u[1 : N - 1, 0] = 1.0
        p[1 : N - 1, 0] = 0.0
        q[1 : N - 1, 0] = u[1 : N - 1, 0]
        for j in range(1, N - 1):
            p[1 : N - 1, j] = -f / (d * p[1 : N - 1, j - 1] + e)
            q[1 : N - 1, j] = (
                -a * v[0 : N - 2, j]
                + (1.0 + 2.0 * a) * v[1 : N - 1, j]
                - c * v[2:N, j]
                - d * q[1 : N - 1, j - 1]
            ) / (d * p[1 : N - 1, j - 1] + e)
        u[1 : N - 1, N - 1] = 1.0
        for j in range(N - 2, 0, -1):
            u[1 : N - 1, j] = p[1 : N - 1, j] * u[1 : N - 1, j + 1] + q[1 : N - 1, j]


@program(lambda r, s: (0.25, r.random((9 * s, 8))), main=1)
def deriche(alpha, img_in):
    k = (
        (1.0 - np.exp(-alpha))
        * (1.0 - np.exp(-alpha))
        / (1.0 + 2.0 * alpha * np.exp(-alpha) - np.exp(2.0 * alpha))
    )
    a1 = a5 = k
    a2 = a6 = k * np.exp(-alpha) * (alpha - 1.0)
    a3 = a7 = k * np.exp(-alpha) * (alpha + 1.0)
    a4 = a8 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -np.exp(-2.0 * alpha)
    c1 = c2 = 1

    y1 = np.empty_like(img_in)
    y1[:, 0] = a1 * img_in[:, 0]
    y1[:, 1] = a1 * img_in[:, 1] + a2 * img_in[:, 0] + b1 * y1[:, 0]
    for j in range(2, img_in.shape[1]):
        y1[:, j] = a1 * img_in[:, j] + a2 * img_in[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]

    y2 = np.empty_like(img_in)
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * img_in[:, -1]
    for j in range(img_in.shape[1] - 3, -1, -1):
        y2[:, j] = a3 * img_in[:, j + 1] + a4 * img_in[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]

    img_out = c1 * (y1 + y2)

    y1[0, :] = a5 * img_out[0, :]
    y1[1, :] = a5 * img_out[1, :] + a6 * img_out[0, :] + b1 * y1[0, :]
    for i in range(2, img_in.shape[0]):
        y1[i, :] = a5 * img_out[i, :] + a6 * img_out[i - 1, :] + b1 * y1[i - 1, :] + b2 * y1[i - 2, :]

    y2[-1, :] = 0.0
    y2[-2, :] = a7 * img_out[-1, :]
    for i in range(img_in.shape[0] - 3, -1, -1):
        y2[i, :] = a7 * img_out[i + 1, :] + a8 * img_out[i + 2, :] + b1 * y2[i + 1, :] + b2 * y2[i + 2, :]

    img_out[:] = c2 * (y1 + y2)
    return img_out


@program(lambda r, s: (r.random((9 * s, 9)), 0.055, 0.062, 5), main=0)
def gray_scott(seed, feed, kill, steps):
    def laplacian(Z):
        return np.roll(Z, 1, 0) + np.roll(Z, -1, 0) + np.roll(Z, 1, axis=1) + np.roll(Z, -1, axis=1) - 4 * Z

    U = np.ones_like(seed) - 0.5 * seed
    V = 0.25 * seed
    for _ in range(steps):
        uvv = U * V**2
        U += 0.16 * laplacian(U) - uvv + feed * (1 - U)
        V += 0.08 * laplacian(V) + uvv - (feed + kill) * V
    return U, V


@program(lambda r, s: (r.random((6 * s, 6)) < 0.4, 6))
def game_of_life(board, steps):
    Z = board.astype(int)
    for _ in range(steps):
        N = sum(np.roll(np.roll(Z, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))
        birth = (N == 3) & (Z == 0)
        survive = ((N == 2) | (N == 3)) & (Z == 1)
        Z[...] = 0
        Z[birth | survive] = 1
    return Z


@program(lambda r, s: (30, 11 * s, 6))
def cellular_automaton(rule, width, steps):
    table = [(rule >> k) & 1 for k in range(8)]
    table = np.array(table)
    history = np.zeros((steps, width), dtype=np.uint8)
    history[0, width // 2] = 1
    for t in range(1, steps):
        for x in range(width):
            left, right = history[t - 1, (x - 1) % width], history[t - 1, (x + 1) % width]
            code = 4 * left + 2 * history[t - 1, x] + right
            history[t, x] = table[code]
    return history
