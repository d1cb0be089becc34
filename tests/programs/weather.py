"""Kernels of weather models: fields (I, J, K) with slices and vertical sweeps."""

import numpy as np

from programs.pool import program

BET_M = 0.5 * (1.0 - 0.15)
BET_P = 0.5 * (1.0 + 0.15)


@program(
    lambda r, s: (r.random((5 * s + 4, 9, 6)), np.empty((5 * s, 5, 6)), r.random((5 * s, 5, 6))),
    main=0,
    writes=True,
    step=1e-6,
)
def hdiff(in_field, out_field, coeff):
    I, J, K = out_field.shape[0], out_field.shape[1], out_field.shape[2]
    lap_field = 4.0 * in_field[1 : I + 3, 1 : J + 3, :] - (
        in_field[2 : I + 4, 1 : J + 3, :]
        + in_field[0 : I + 2, 1 : J + 3, :]
        + in_field[1 : I + 3, 2 : J + 4, :]
        + in_field[1 : I + 3, 0 : J + 2, :]
    )
    res = lap_field[1:, 1 : J + 1, :] - lap_field[:-1, 1 : J + 1, :]
    flx_field = np.where(
        (res * (in_field[2 : I + 3, 2 : J + 2, :] - in_field[1 : I + 2, 2 : J + 2, :])) > 0, 0, res
    )
    res = lap_field[1 : I + 1, 1:, :] - lap_field[1 : I + 1, :-1, :]
    fly_field = np.where(
        (res * (in_field[2 : I + 2, 2 : J + 3, :] - in_field[2 : I + 2, 1 : J + 2, :])) > 0, 0, res
    )
    out_field[:, :, :] = in_field[2 : I + 2, 2 : J + 2, :] - coeff[:, :, :] * (
        flx_field[1:, :, :] - flx_field[:-1, :, :] + fly_field[:, 1:, :] - fly_field[:, :-1, :]
    )


def vadv_arguments(r, s):
    I, J, K = 5, 6, 6 * s
    field = lambda: r.random((I, J, K))
    return field(), field(), field(), field(), r.random((I + 1, J, K)), 3.0 / 20.0


@program(vadv_arguments, main=0, writes=True)
def vadv(utens_stage, u_stage, wcon_column, u_pos, wcon, dtr_stage):
    """Vertical advection: a tridiagonal solve in each column."""
    I, J, K = utens_stage.shape
    ccol = np.ndarray((I, J, K), dtype=utens_stage.dtype)
    dcol = np.ndarray((I, J, K), dtype=utens_stage.dtype)
    data_col = np.ndarray((I, J), dtype=utens_stage.dtype)

    for k in range(1):
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        cs = gcv * BET_M
        ccol[:, :, k] = gcv * BET_P
        bcol = dtr_stage - ccol[:, :, k]
        correction_term = -cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        dcol[:, :, k] = dtr_stage * u_pos[:, :, k] + utens_stage[:, :, k] + correction_term
        divided = 1.0 / (bcol + 4.0)
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = dcol[:, :, k] * divided

    for k in range(1, K - 1):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        as_ = gav * BET_M
        cs = gcv * BET_M
        acol = gav * BET_P
        ccol[:, :, k] = gcv * BET_P
        bcol = 4.0 + dtr_stage - acol - ccol[:, :, k]
        correction_term = -as_ * (u_stage[:, :, k - 1] - u_stage[:, :, k]) - cs * (
            u_stage[:, :, k + 1] - u_stage[:, :, k]
        )
        dcol[:, :, k] = dtr_stage * u_pos[:, :, k] + utens_stage[:, :, k] + correction_term
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = (dcol[:, :, k] - (dcol[:, :, k - 1]) * acol) * divided

    for k in range(K - 1, K):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        acol = gav * BET_P
        bcol = 4.0 + dtr_stage - acol
        dcol[:, :, k] = dtr_stage * u_pos[:, :, k] + utens_stage[:, :, k]
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        dcol[:, :, k] = (dcol[:, :, k] - (dcol[:, :, k - 1]) * acol) * divided

    for k in range(K - 1, K - 2, -1):
        datacol = dcol[:, :, k]
        data_col[:] = datacol
        utens_stage[:, :, k] = dtr_stage * (datacol - u_pos[:, :, k])

    for k in range(K - 2, -1, -1):
        datacol = dcol[:, :, k] - ccol[:, :, k] * data_col[:, :]
        data_col[:] = datacol
        utens_stage[:, :, k] = dtr_stage * (datacol - u_pos[:, :, k])


@program(
    lambda r, s: (r.random((6 * s, 6, 5)), r.uniform(-1, 1, (6 * s + 1, 6, 5)), 0.3),
    main=0,
)
def flux_limited_advection(q, wind, cfl):
    I = q.shape[0]
    padded = np.concatenate((q[-2:], q, q[:2]), axis=0)
    slope = padded[1:] - padded[:-1]
    ratio = slope[:-1] / np.where(np.abs(slope[1:]) < 1e-8, 1e-8, slope[1:])
    limiter = np.maximum(0, np.minimum(1, ratio))
    flux = np.zeros(wind.shape)
    up = wind > 0
    low = padded[1 : I + 2] + 0.5 * limiter[: I + 1] * slope[1 : I + 2]
    high = padded[2 : I + 3]
    flux[up] = (wind * low)[up]
    flux[~up] = (wind * high)[~up]
    return q - cfl * (flux[1:] - flux[:-1])


@program(
    lambda r, s: (
        r.uniform(200, 300, (5, 6 * s)),
        r.uniform(0, 0.02, (5, 6 * s)),
        np.linspace(1e5, 2e4, 6 * s),
    ),
    main=0,
)
def convective_adjustment(T, qv, p):
    """Saturation and mixing of unstable neighbours, column by column."""
    T = T.copy()
    qv = qv.copy()
    kappa = 0.286
    ncol, nlev = T.shape
    for c in range(ncol):
        for k in range(nlev - 1):
            theta0 = T[c, k] * (1e5 / p[k]) ** kappa
            theta1 = T[c, k + 1] * (1e5 / p[k + 1]) ** kappa
            if theta0 > theta1:
                mean = 0.5 * (theta0 + theta1)
                T[c, k] = mean * (p[k] / 1e5) ** kappa
                T[c, k + 1] = mean * (p[k + 1] / 1e5) ** kappa
    es = 611.0 * np.exp(17.27 * (T - 273.15) / (T - 35.85))
    qs = 0.622 * es / (p[None, :] - 0.378 * es)
    excess = np.clip(qv - qs, 0, None)
    return T + 2.5e6 / 1004.0 * excess, qv - excess
