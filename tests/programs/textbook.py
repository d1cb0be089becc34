"""Textbook programs: Krylov methods, finite elements, neurons, graphs, stacks."""

import numpy as np

from programs.pool import dominant, positive_definite, program


def triangles(r, s):
    """A unit square in triangles: the points, the triangles' corners, the points inside."""
    n = 3 + s
    x, y = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n))
    points = np.column_stack([x.ravel(), y.ravel()]) + 0.03 * r.random((n * n, 2))
    corners = []
    for i in range(n - 1):
        for j in range(n - 1):
            a = i * n + j
            corners += [[a, a + 1, a + n], [a + 1, a + n + 1, a + n]]
    inside = [i * n + j for i in range(1, n - 1) for j in range(1, n - 1)]
    return points, np.array(corners), np.array(inside)


@program(lambda r, s: (positive_definite(r, 6 * s), r.random(6 * s), 4), main=0)
def lanczos(A, v1, m):
    n = A.shape[0]
    V = np.zeros((m, n))
    T = np.zeros((m, m))
    V[0, :] = v1 / np.linalg.norm(v1)
    w = np.dot(A, V[0, :])
    alfa = np.dot(w, V[0, :])
    w = w - alfa * V[0, :]
    T[0, 0] = alfa
    for j in range(1, m):
        beta = np.sqrt(np.dot(w, w))
        V[j, :] = w / beta
        # This performs some rediagonalization to make sure all the vectors are orthogonal to eachother
        for i in range(j - 1):
            V[j, :] = V[j, :] - np.dot(np.conj(V[j, :]), V[i, :]) * V[i, :]
        V[j, :] = V[j, :] / np.linalg.norm(V[j, :])
        w = np.dot(A, V[j, :])
        alfa = np.dot(w, V[j, :])
        w = w - alfa * V[j, :] - beta * V[j - 1, :]
        T[j, j] = alfa
        T[j - 1, j] = beta
        T[j, j - 1] = beta
    return T, V


@program(lambda r, s: (dominant(r, 7 * s), r.random(7 * s), np.zeros(7 * s), 5, 1e-10), main=0)
def gmres(A, b, x0, max_iter, tol):
    n = len(A)
    r = b - A @ x0
    beta = np.linalg.norm(r)
    Q = np.zeros((n, max_iter + 1))
    H = np.zeros((max_iter + 1, max_iter))
    cs = np.zeros(max_iter)
    sn = np.zeros(max_iter)
    e = np.zeros(max_iter + 1)
    e[0] = beta
    Q[:, 0] = r / beta
    k_end = 0
    for k in range(max_iter):
        v = A @ Q[:, k]
        for i in range(k + 1):
            H[i, k] = np.dot(Q[:, i], v)
            v = v - H[i, k] * Q[:, i]
        H[k + 1, k] = np.linalg.norm(v)
        Q[:, k + 1] = v / H[k + 1, k]
        for i in range(k):
            temp = cs[i] * H[i, k] + sn[i] * H[i + 1, k]
            H[i + 1, k] = -sn[i] * H[i, k] + cs[i] * H[i + 1, k]
            H[i, k] = temp
        t = np.sqrt(H[k, k] ** 2 + H[k + 1, k] ** 2)
        cs[k] = H[k, k] / t
        sn[k] = H[k + 1, k] / t
        H[k, k] = cs[k] * H[k, k] + sn[k] * H[k + 1, k]
        H[k + 1, k] = 0.0
        e[k + 1] = -sn[k] * e[k]
        e[k] = cs[k] * e[k]
        k_end = k + 1
        if abs(e[k + 1]) / np.linalg.norm(b) <= tol:
            break
    y = np.linalg.solve(H[:k_end, :k_end], e[:k_end])
    return x0 + Q[:, :k_end] @ y


@program(lambda r, s: (dominant(r, 7 * s), r.random(7 * s), np.zeros(7 * s)), main=0)
def bicgstab(A, b, x):
    tol = 1e-8
    r = b - A.dot(x)
    r0 = r.copy()
    rho = alpha = omega = 1.0
    v = p = np.zeros_like(b)
    nb = np.linalg.norm(b)
    it = 0
    while True:
        rho_new = np.dot(r0, r)
        beta = (rho_new / rho) * (alpha / omega)
        p = r + beta * (p - omega * v)
        v = A.dot(p)
        alpha = rho_new / np.dot(r0, v)
        h = x + alpha * p
        s = r - alpha * v
        if np.linalg.norm(s) < tol * nb:
            x = h
            break
        t = A.dot(s)
        omega = np.dot(t, s) / np.dot(t, t)
        x = h + omega * s
        r = s - omega * t
        rho = rho_new
        it += 1
        if np.linalg.norm(r) < tol * nb or it > 50:
            break
    return x, it


@program(triangles, main=0)
def fem_2d(p, t, free):
    N = p.shape[0]
    T = t.shape[0]
    K = np.zeros((N, N))
    F = np.zeros((N, 1))
    for e in range(T):
        nodes = t[e, :]
        Pe = np.c_[np.ones(3), p[nodes, :]]
        Area = abs(np.linalg.det(Pe)) / 2
        C = np.linalg.inv(Pe)
        grad = C[1:3, :]
        Ke = Area * grad.T @ grad
        K[np.ix_(nodes, nodes)] += Ke
        F[nodes] += Area / 3
    U = np.zeros((N, 1))
    U[free] = np.linalg.solve(K[free][:, free], F[free])
    return U.flatten()


@program(
    lambda r, s: (r.standard_normal((6 * s, 3)), r.standard_normal((3, 3)), r.integers(0, 3, 6 * s)), main=0
)
def crf_loss(emissions, transitions, tags):
    def score():
        s = emissions[0][tags[0]]
        for i, t in enumerate(tags[1:], start=1):
            s += transitions[tags[i - 1], t] + emissions[i, t]
        return s

    n, k = emissions.shape
    alphas = emissions[0]
    for i in range(1, n):
        alphas_t = []
        for t in range(k):
            scores = alphas + transitions[:, t] + emissions[i, t]
            m = scores.max()
            alphas_t.append(m + np.log(np.sum(np.exp(scores - m))))
        alphas = np.array(alphas_t)
    m = np.max(alphas)
    return m + np.log(np.exp(alphas - m).sum()) - score()


@program(lambda r, s: (r.integers(0, 2, (6 * s, 7)), 2, 3))
def flood_fill(img, x, y):
    out = img.copy()
    target = out[x, y]
    stack = [(x, y)]
    H, W = img.shape
    count = 0
    while len(stack) > 0:
        i, j = stack.pop()
        if i < 0 or i >= H or j < 0 or j >= W:
            continue
        if out[i, j] != target:
            continue
        out[i, j] = 7
        count += 1
        stack.append((i + 1, j))
        stack.append((i - 1, j))
        stack.append((i, j + 1))
        stack.append((i, j - 1))
    return out, count


@program(lambda r, s: (r.permutation(9 * s).astype(float),), writes=True)
def heapsort(arr):
    def heapify(arr, n, i):
        largest = i
        while True:
            l, rr = 2 * i + 1, 2 * i + 2
            if l < n and arr[l] > arr[largest]:
                largest = l
            if rr < n and arr[rr] > arr[largest]:
                largest = rr
            if largest == i:
                break
            arr[i], arr[largest] = arr[largest], arr[i]
            i = largest

    n = len(arr)
    for i in range(n // 2 - 1, -1, -1):
        heapify(arr, n, i)
    for i in range(n - 1, 0, -1):
        arr[i], arr[0] = arr[0], arr[i]
        heapify(arr, i, 0)


@program(lambda r, s: (r.integers(0, 9, 8 * s),))
def trapping_rain(height):
    left, right = 0, len(height) - 1
    left_max = right_max = 0
    water = 0
    while left < right:
        if height[left] < height[right]:
            if height[left] >= left_max:
                left_max = height[left]
            else:
                water += left_max - height[left]
            left += 1
        else:
            if height[right] >= right_max:
                right_max = height[right]
            else:
                water += right_max - height[right]
            right -= 1
    return water


@program(lambda r, s: (r.uniform(1, 9, (4 + s, 4 + s)),), main=0)
def tsp_held_karp(dist):
    n = len(dist)
    C = np.full((1 << n, n), np.inf)
    C[1][0] = 0
    for mask in range(1, 1 << n):
        if not mask & 1:
            continue
        for j in range(1, n):
            if not mask & (1 << j):
                continue
            prev = mask ^ (1 << j)
            for k in range(n):
                if prev & (1 << k):
                    C[mask][j] = min(C[mask][j], C[prev][k] + dist[k][j])
    full = (1 << n) - 1
    return min(C[full][j] + dist[j][0] for j in range(1, n))


class Membrane:
    """Hodgkin and Huxley's currents."""

    capacity = 1.0
    g_na, g_k, g_leak = 120.0, 36.0, 0.3
    e_na, e_k, e_leak = 50.0, -77.0, -54.387

    def alpha_m(self, v):
        return 0.1 * (v + 40.0) / (1.0 - np.exp(-(v + 40.0) / 10.0))

    def alpha_n(self, v):
        return 0.01 * (v + 55.0) / (1.0 - np.exp(-(v + 55.0) / 10.0))

    def injected(self, t):
        return 10 * (t > 1) - 10 * (t > 2)

    def slopes(self, state, t):
        v, m, h, n = state
        sodium = self.g_na * m**3 * h * (v - self.e_na)
        potassium = self.g_k * n**4 * (v - self.e_k)
        dv = (self.injected(t) - sodium - potassium - self.g_leak * (v - self.e_leak)) / self.capacity
        dm = self.alpha_m(v) * (1.0 - m) - 4.0 * np.exp(-(v + 65.0) / 18.0) * m
        dh = 0.07 * np.exp(-(v + 65.0) / 20.0) * (1.0 - h) - h / (1.0 + np.exp(-(v + 35.0) / 10.0))
        dn = self.alpha_n(v) * (1.0 - n) - 0.125 * np.exp(-(v + 65.0) / 80.0) * n
        return dv, dm, dh, dn


@program(lambda r, s: (np.array([-65, 0.05, 0.6, 0.32]), 12 * s), main=0)
def hodgkin_huxley(start, steps):
    membrane = Membrane()
    state = np.array(start)
    dt, t = 0.01, 0.95
    trace = np.zeros(steps)
    for i in range(steps):
        state = state + dt * np.array(membrane.slopes(state, t))
        trace[i] = state[0]
        t += dt
    return trace


@program(
    lambda r, s: (r.standard_normal((2, 2, 4 * s, 4)), r.standard_normal((3, 2, 3, 3)), r.random(3)), main=0
)
def conv_by_columns(x, w, b):
    """Patches as columns (im2col), one product, and the columns scattered back (col2im)."""
    n, c, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="constant")
    i = np.tile(np.repeat(np.arange(3), 3), c).reshape(-1, 1) + np.repeat(np.arange(height), width)
    j = np.tile(np.arange(3), 3 * c).reshape(-1, 1) + np.tile(np.arange(width), height)
    k = np.repeat(np.arange(c), 9).reshape(-1, 1)
    columns = padded[:, k, i, j]
    out = np.tensordot(w.reshape(len(w), -1), columns, axes=(1, 1)) + b.reshape(-1, 1, 1)
    back = np.zeros_like(padded)
    np.add.at(back, (slice(None), k, i, j), columns)
    return out, back[:, :, 1:-1, 1:-1]


@program(lambda r, s: (r.standard_normal((6 * s, 4)), r.integers(0, 4, 6 * s)), main=0)
def labels_by_range(scores, y):
    n = scores.shape[0]
    p = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    loss = np.sum(-np.log(p[range(n), y])) / n
    slope = p.copy()
    slope[range(n), y] -= 1
    return loss, slope / n
