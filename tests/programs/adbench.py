"""Objectives on which differentiation tools are compared: mixtures, cameras, hands, LSTM."""

import numpy as np
from scipy.special import gammaln

from programs.pool import program


def log_wishart_prior(p, wishart_gamma, wishart_m, sum_qs, Qdiags, icf):
    n = p + wishart_m + 1
    k = icf.shape[0]
    out = 0
    for ik in range(k):
        frobenius = np.sum(Qdiags[ik] ** 2) + np.sum(icf[ik, p:] ** 2)
        out = out + 0.5 * wishart_gamma**2 * frobenius - wishart_m * sum_qs[ik]
    log_gamma = 0.25 * p * (p - 1) * np.log(np.pi) + sum(
        gammaln(0.5 * n + 0.5 * (1 - j)) for j in range(1, p + 1)
    )
    C = n * p * (np.log(wishart_gamma) - 0.5 * np.log(2)) - log_gamma
    return out - k * C


@program(
    lambda r, s: (
        r.random(5),
        r.random((5, 3)),
        r.standard_normal((5, 6)) / 4,
        r.standard_normal((6 * s, 3)),
        1.0,
        0,
    ),
    main=2,
)
def gmm_objective(alphas, means, icf, x, wishart_gamma, wishart_m):
    def logsumexp(v):
        mx = np.max(v)
        return np.log(np.sum(np.exp(v - mx))) + mx

    n, d = x.shape
    k = alphas.size
    Qdiags = np.exp(icf[:, :d])
    sum_qs = np.sum(icf[:, :d], 1)
    Ls = np.zeros((k, d, d))
    for ik in range(k):
        position = d
        for j in range(d):
            for i in range(j + 1, d):
                Ls[ik, i, j] = icf[ik, position]
                position += 1
    slse = 0.0
    for ix in range(n):
        lse = np.empty(k)
        for ik in range(k):
            diff = x[ix] - means[ik]
            Qx = Qdiags[ik] * diff + Ls[ik] @ diff
            lse[ik] = alphas[ik] + sum_qs[ik] - 0.5 * np.sum(Qx**2)
        slse += logsumexp(lse)
    constant = -n * d * 0.5 * np.log(2 * np.pi)
    prior = log_wishart_prior(d, wishart_gamma, wishart_m, sum_qs, Qdiags, icf)
    return constant + slse - n * logsumexp(alphas) + prior


ROT_IDX, C_IDX, F_IDX, X0_IDX, RAD_IDX = 0, 3, 6, 7, 9


def rodrigues(rot, X):
    sqtheta = np.sum(rot * rot)
    if sqtheta != 0.0:
        theta = np.sqrt(sqtheta)
        costheta, sintheta = np.cos(theta), np.sin(theta)
        w = rot / theta
        return X * costheta + np.cross(w, X) * sintheta + w * (np.dot(w, X) * (1.0 - costheta))
    return X + np.cross(rot, X)


def project(cam, X):
    Xcam = rodrigues(cam[ROT_IDX : ROT_IDX + 3], X - cam[C_IDX : C_IDX + 3])
    p = Xcam[0:2] / Xcam[2]
    rsq = np.sum(p**2)
    L = 1.0 + cam[RAD_IDX] * rsq + cam[RAD_IDX + 1] * rsq * rsq
    return p * L * cam[F_IDX] + cam[X0_IDX : X0_IDX + 2]


def cameras(r, s):
    ncam, npts, nobs = 5, 6, 8 * s
    cams = 0.1 * r.random((ncam, 11))
    X = r.random((npts, 3)) + np.array([0.0, 0.0, 3.0])
    obs = np.stack([r.integers(0, ncam, nobs), r.integers(0, npts, nobs)], axis=1)
    return cams, X, r.random(nobs), obs, r.random((nobs, 2))


@program(cameras, main=0)
def bundle_adjustment(cams, X, w, obs, feats):
    p = len(obs)
    reproj = np.empty((p, 2))
    w_err = np.empty(p)
    for i in range(p):
        cam, point = obs[i]
        reproj[i] = w[i] * (project(cams[cam], X[point]) - feats[i])
        w_err[i] = 1.0 - w[i] * w[i]
    return reproj, w_err


def euler(xzy):
    tx, ty, tz = xzy[0], xzy[2], xzy[1]
    Rx, Ry, Rz = np.eye(3), np.eye(3), np.eye(3)
    Rx[1, 1] = np.cos(tx)
    Rx[2, 1] = np.sin(tx)
    Rx[1, 2] = -Rx[2, 1]
    Rx[2, 2] = Rx[1, 1]
    Ry[0, 0] = np.cos(ty)
    Ry[0, 2] = np.sin(ty)
    Ry[2, 0] = -Ry[0, 2]
    Ry[2, 2] = Ry[0, 0]
    Rz[0, 0] = np.cos(tz)
    Rz[1, 0] = np.sin(tz)
    Rz[0, 1] = -Rz[1, 0]
    Rz[1, 1] = Rz[0, 0]
    return Rz @ Ry @ Rx


def hand(r, s):
    nbones = 6
    parents = np.array([-1, 0, 1, 0, 3, 4])
    relatives = np.tile(np.eye(4), (nbones, 1, 1))
    relatives[:, :3, 3] = r.random((nbones, 3))
    points = np.concatenate([r.random((5 * s, 3)), np.ones((5 * s, 1))], axis=1)
    weights = r.random((5 * s, nbones))
    return 0.3 * r.random((nbones, 3)), parents, relatives, points, weights / weights.sum(1, keepdims=True)


@program(hand, main=0)
def hand_tracking(pose, parents, relatives, points, weights):
    """Bones in a chain, each turned against its parent; skin follows its bones."""
    n = len(parents)
    absolutes = np.zeros((n, 4, 4))
    for i in range(n):
        local = np.eye(4)
        local[:3, :3] = euler(pose[i])
        if parents[i] == -1:
            absolutes[i] = relatives[i] @ local
        else:
            absolutes[i] = absolutes[parents[i]] @ relatives[i] @ local
    positions = np.zeros((len(points), 3))
    for i in range(n):
        positions += (points @ absolutes[i].T)[:, :3] * weights[:, i : i + 1]
    return positions


def lstm_arguments(r, s):
    width, layers = 6, 2
    main = 0.3 * r.standard_normal((2 * layers, 4 * width))
    extra = 0.3 * r.standard_normal((3, width))
    return main, extra, np.zeros((2 * layers, width)), r.random((5 * s, width))


def lstm_cell(weight, bias, hidden, cell, x):
    gates = (np.concatenate((x, hidden, x, hidden)) * weight + bias).reshape(4, -1)
    forget = 1 / (1 + np.exp(-gates[0]))
    ingate = 1 / (1 + np.exp(-gates[1]))
    outgate = 1 / (1 + np.exp(-gates[2]))
    change = np.tanh(gates[3])
    cell = cell * forget + ingate * change
    hidden = outgate * np.tanh(cell)
    return hidden, cell


@program(lstm_arguments, main=0)
def lstm_objective(main_params, extra_params, state, sequence):
    total = 0.0
    count = 0
    state = state.copy()
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra_params[0]
        for i in range(0, len(state), 2):
            h, c = lstm_cell(main_params[i], main_params[i + 1], state[i], state[i + 1], x)
            state[i], state[i + 1] = h, c
            x = h
        ypred = x * extra_params[1] + extra_params[2]
        ynorm = ypred - np.log(2 + np.sum(np.exp(ypred)))
        total += np.sum(sequence[t + 1] * ynorm)
        count += ypred.shape[0]
    return -total / count
