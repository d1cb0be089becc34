"""Particles, fluids, waves, quantum transport."""

from dataclasses import dataclass

import numpy as np

from programs.pool import program

G = 1.0


@program(lambda r, s: (r.random((5 * s, 3)), 0.1 * r.random((5 * s, 3)), r.random(5 * s) + 0.5), main=0)
def nbody_pairs(pos, vel, mass):
    n = len(mass)
    for step in range(2):
        acc = np.zeros_like(pos)
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = pos[j] - pos[i]
                    r2 = d @ d + 0.01
                    acc[i] += mass[j] * d / r2**1.5
        vel = vel + 0.01 * acc
        pos = pos + 0.01 * vel
    return pos, vel


def get_acc(pos, mass, G, softening):
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    inv_r3 = dx**2 + dy**2 + dz**2 + softening**2
    inv_r3[inv_r3 > 0] = inv_r3[inv_r3 > 0] ** (-1.5)
    ax = G * (dx * inv_r3) @ mass
    ay = G * (dy * inv_r3) @ mass
    az = G * (dz * inv_r3) @ mass
    return np.hstack((ax, ay, az))


def get_energy(pos, vel, mass, G):
    KE = 0.5 * np.sum(mass * vel**2)
    x, y, z = pos[:, 0:1], pos[:, 1:2], pos[:, 2:3]
    dx, dy, dz = x.T - x, y.T - y, z.T - z
    inv_r = np.sqrt(dx**2 + dy**2 + dz**2)
    inv_r[inv_r > 0] = 1.0 / inv_r[inv_r > 0]
    PE = G * np.sum(np.triu(-(mass * mass.T) * inv_r, 1))
    return KE, PE


# No gradient: the distance of a body from itself, sqrt(0), has none.
@program(
    lambda r, s: (r.random((6 * s, 1)) + 0.5, r.random((6 * s, 3)), r.random((6 * s, 3)), 4, 0.01, 0.1),
    writes=True,
)
def nbody(mass, pos, vel, Nt, dt, softening):
    vel -= np.mean(mass * vel, axis=0) / np.mean(mass)
    acc = get_acc(pos, mass, G, softening)
    KE = np.ndarray(Nt + 1, dtype=np.float64)
    PE = np.ndarray(Nt + 1, dtype=np.float64)
    KE[0], PE[0] = get_energy(pos, vel, mass, G)
    for i in range(Nt):
        vel += acc * dt / 2.0
        pos = pos + vel * dt
        acc = get_acc(pos, mass, G, softening)
        vel += acc * dt / 2.0
        KE[i + 1], PE[i + 1] = get_energy(pos, vel, mass, G)
    return KE, PE


def build_up_b(b, rho, dt, u, v, dx, dy):
    b[1:-1, 1:-1] = rho * (
        1 / dt * ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx) + (v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy))
        - ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx)) ** 2
        - 2 * ((u[2:, 1:-1] - u[0:-2, 1:-1]) / (2 * dy) * (v[1:-1, 2:] - v[1:-1, 0:-2]) / (2 * dx))
        - ((v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy)) ** 2
    )


def pressure_poisson(nit, p, dx, dy, b):
    pn = np.empty_like(p)
    pn = p.copy()
    for q in range(nit):
        pn = p.copy()
        p[1:-1, 1:-1] = (
            (pn[1:-1, 2:] + pn[1:-1, 0:-2]) * dy**2 + (pn[2:, 1:-1] + pn[0:-2, 1:-1]) * dx**2
        ) / (2 * (dx**2 + dy**2)) - dx**2 * dy**2 / (2 * (dx**2 + dy**2)) * b[1:-1, 1:-1]
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0


@program(
    lambda r, s: (3, 3, *(0.1 * r.random((2, 7 * s, 7))), 0.001, 0.1, 0.1, r.random((7 * s, 7)), 1.0, 0.1),
    main=2,
    writes=True,
)
def cavity_flow(nt, nit, u, v, dt, dx, dy, p, rho, nu):
    un = np.empty_like(u)
    vn = np.empty_like(v)
    b = np.zeros(u.shape)
    for n in range(nt):
        un = u.copy()
        vn = v.copy()
        build_up_b(b, rho, dt, u, v, dx, dy)
        pressure_poisson(nit, p, dx, dy, b)
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, 0:-2])
            - vn[1:-1, 1:-1] * dt / dy * (un[1:-1, 1:-1] - un[0:-2, 1:-1])
            - dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, 0:-2])
            + nu * (dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, 0:-2]))
        )
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[1:-1, 0:-2])
            - dt / (2 * rho * dy) * (p[2:, 1:-1] - p[0:-2, 1:-1])
            + nu * dt / dy**2 * (vn[2:, 1:-1] - 2 * vn[1:-1, 1:-1] + vn[0:-2, 1:-1])
        )
        u[0, :] = 0
        u[:, 0] = 0
        u[:, -1] = 0
        u[-1, :] = 1
        v[0, :] = v[-1, :] = v[:, 0] = v[:, -1] = 0


@program(
    lambda r, s: (0.1 * r.random((6 * s, 6)), 0.1 * r.random((6 * s, 6)), r.random((6 * s, 6)), 1.0), main=0
)
def channel_flow(u, v, p, F):
    """Steps until the flow hardly changes; periodic in x."""
    dx = dy = 0.5
    dt = 0.01
    udiff = 1.0
    stepcount = 0
    while udiff > 0.1:
        un = u.copy()
        vn = v.copy()
        right, left = np.roll(un, -1, axis=1), np.roll(un, 1, axis=1)
        px = (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1)) / (2 * dx)
        u = un - un * dt / dx * (un - left) + 0.1 * dt / dx**2 * (right - 2 * un + left) - dt * px + F * dt
        u[1:-1] += 0.1 * dt / dy**2 * (un[2:] - 2 * un[1:-1] + un[:-2])
        u[0] = 0
        u[-1] = 0
        v = vn - un * dt / dx * (vn - np.roll(vn, 1, axis=1))
        v[[0, -1]] = 0
        udiff = (np.sum(u) - np.sum(un)) / np.sum(u)
        stepcount += 1
    return stepcount, u, v


@program(lambda r, s: (r.random(8 * s), 0.2, 0.05, 6), main=0)
def crank_nicolson(u, kappa, dt, steps):
    n = len(u)
    h = 1.0 / (n - 1)
    lam = kappa * dt / (2 * h * h)
    for _ in range(steps):
        rhs = u.copy()
        rhs[1:-1] = lam * u[:-2] + (1 - 2 * lam) * u[1:-1] + lam * u[2:]
        c = np.zeros(n)
        d = np.zeros(n)
        d[0] = rhs[0]
        for i in range(1, n - 1):
            m = 1 + 2 * lam + lam * c[i - 1]
            c[i] = -lam / m
            d[i] = (rhs[i] + lam * d[i - 1]) / m
        new = rhs.copy()
        for i in range(n - 2, 0, -1):
            new[i] = d[i] - c[i] * new[i + 1]
        u = new
    return u


@program(lambda r, s: (r.random(9 * s), 0.4, 6), main=0)
def upwind(u, cfl, steps):
    u = u.copy()
    for _ in range(steps):
        for i in range(len(u) - 1, 0, -1):
            u[i] -= cfl * (u[i] - u[i - 1])
        u[0] = u[-1]
    return u


@program(lambda r, s: (np.sin(np.linspace(0, 6, 9 * s)) + 0.1 * r.random(9 * s), 0.1, 0.01, 5), main=0)
def burgers(u, dx, dt, steps):
    flux = np.zeros(len(u) + 1)
    for n in range(steps):
        for i in range(1, len(u)):
            left, right = u[i - 1], u[i]
            if left > right:
                speed = 0.5 * (left + right)
                flux[i] = 0.5 * left**2 if speed > 0 else 0.5 * right**2
            elif left > 0:
                flux[i] = 0.5 * left**2
            elif right < 0:
                flux[i] = 0.5 * right**2
            else:
                flux[i] = 0.0
        u = u - dt / dx * (flux[1:] - flux[:-1])
    return u


@dataclass
class ShallowWater:
    """Heights and momenta on a periodic grid."""

    h: np.ndarray
    hu: np.ndarray
    g: float = 9.81

    def fluxes(self):
        u = self.hu / self.h
        return self.hu, self.hu * u + 0.5 * self.g * self.h**2

    def step(self, dt, dx):
        f1, f2 = self.fluxes()
        for q, f in ((self.h, f1), (self.hu, f2)):
            mean = 0.5 * (np.roll(q, 1) + np.roll(q, -1))
            q[:] = mean - dt / (2 * dx) * (np.roll(f, -1) - np.roll(f, 1))


@program(lambda r, s: (r.random(9 * s) + 1, r.random(9 * s), 5), main=0)
def shallow_water(h, hu, steps):
    state = ShallowWater(h.copy(), hu.copy())
    t = 0.0
    for _ in range(steps):
        state.step(0.01, 0.2)
        t += 0.01
    return state.h, state.hu, t


@program(lambda r, s: (r.random((6 * s, 2)) * 4, 0.01, 5), main=0)
def velocity_verlet(x, dt, steps):
    def forces(x):
        F = np.zeros_like(x)
        n = x.shape[0]
        for i in range(n - 1):
            for j in range(i + 1, n):
                r = x[i] - x[j]
                d2 = np.sum(r**2) + 0.5
                f = 24 * (2 / d2**7 - 1 / d2**4) * r
                F[i] += f
                F[j] -= f
        return F

    v = np.zeros(x.shape)
    a = forces(x)
    for _ in range(steps):
        x = x + v * dt + 0.5 * a * dt * dt
        a_new = forces(x)
        v += 0.5 * (a + a_new) * dt
        a = a_new
    return x, v


@program(lambda r, s: (r.random(7 * s) * 3, r.random(7 * s) * 3, r.random(7 * s), r.random(7 * s)), main=0)
def arc_distance(theta_1, phi_1, theta_2, phi_2):
    temp = (
        np.sin((theta_2 - theta_1) / 2) ** 2
        + np.cos(theta_1) * np.cos(theta_2) * np.sin((phi_2 - phi_1) / 2) ** 2
    )
    return 2 * np.arctan2(np.sqrt(temp), np.sqrt(1 - temp))


@program(lambda r, s: (r.random((6 * s, 6 * s)),), main=0)
def go_fast(a):
    trace = 0.0
    for i in range(a.shape[0]):
        trace += np.tanh(a[i, i])
    return a + trace


@program(
    lambda r, s: (
        r.integers(0, 3 * s, (3 * s, 4)),
        r.random((4, 5, 3 * s, 2, 2)) + 1j * r.random((4, 5, 3 * s, 2, 2)),
        r.random((3 * s, 4, 2, 2)),
        r.random((3, 2, 3 * s, 4)),
        np.zeros((4, 5, 3 * s, 2, 2), complex),
    ),
    main=2,
    writes=True,
)
def scattering_self_energies(neigh_idx, G, dH, D, Sigma):
    for k in range(G.shape[0]):
        for E in range(G.shape[1]):
            for q in range(D.shape[0]):
                for w in range(D.shape[1]):
                    for a in range(neigh_idx.shape[0]):
                        for b in range(neigh_idx.shape[1]):
                            if E - w >= 0:
                                dHG = G[k, E - w, neigh_idx[a, b]] @ dH[a, b]
                                Sigma[k, E, a] += dHG * D[q, w, a, b] @ dH[a, b].T


@program(lambda r, s: (4 * s, 0.3 * r.standard_normal((2, 5, 5)), r.random((5, 2))), main=1)
def contour_integral(points, H, Y):
    """Moments of a resolvent over the unit circle."""
    NR, NM = Y.shape
    P0 = np.zeros((NR, NM), dtype=np.complex128)
    P1 = np.zeros((NR, NM), dtype=np.complex128)
    for k in range(points):
        theta = 2 * np.pi * (k + 0.5) / points
        z = np.exp(1j * theta)
        Tz = z * np.eye(NR) - np.zeros((NR, NR), dtype=np.complex128)
        for n in range(H.shape[0]):
            Tz -= z ** (n - 1) * H[n]
        X = np.linalg.solve(Tz, Y) if k != 2 else np.linalg.inv(Tz) @ Y
        if abs(z) < 1.0:
            X = -X
        P0 += X
        P1 += z * X
    return P0, P1


@program(lambda r, s: (r.random(16 * s) + 1j * r.random(16 * s),), main=None)
def stockham_fft(x):
    n = len(x)
    a, b = x.copy(), np.empty_like(x)
    half, stride = n // 2, 1
    while half >= 1:
        w = np.exp(-1j * np.pi * np.arange(half) / half)
        for q in range(stride):
            even = a[q : q + stride * half : stride]
            odd = a[q + stride * half :: stride]
            b[q :: 2 * stride] = even + odd
            b[q + stride :: 2 * stride] = (even - odd) * w
        a, b = b, a
        half //= 2
        stride *= 2
    return a


@program(lambda r, s: (r.random(8 * s), r.random(8 * s)), main=0)
def fft_by_bits(re, im):
    """Radix 2, in place on real and imaginary parts, after a permutation by reversed bits."""
    re, im = re.copy(), im.copy()
    n = len(re)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
            im[i], im[j] = im[j], im[i]
    length = 2
    while length <= n:
        angle = -2 * np.pi / length
        for i in range(0, n, length):
            for k in range(length // 2):
                c, s = np.cos(angle * k), np.sin(angle * k)
                lo, hi = i + k, i + k + length // 2
                tr, ti = re[hi] * c - im[hi] * s, re[hi] * s + im[hi] * c
                re[hi], im[hi] = re[lo] - tr, im[lo] - ti
                re[lo] += tr
                im[lo] += ti
        length <<= 1
    return re, im


@program(
    lambda r, s: (r.uniform(-1, 1, (5 * s, 3)), np.array([[0.0, 0.0, 3.0, 1.0], [1.0, 0.5, 4.0, 0.7]])),
    main=1,
)
def ray_marching(directions, spheres):
    depth = np.zeros(len(directions))
    for k, d in enumerate(directions):
        ray = d / np.linalg.norm(d) * 0.3 + np.array([0.0, 0.0, 1.0])
        ray /= np.sqrt(ray @ ray)
        t = 0.0
        for _ in range(40):
            p = t * ray
            dist = min([np.linalg.norm(p - s[:3]) - s[3] for s in spheres])
            if dist < 1e-3 or t > 10.0:
                break
            t += dist
        depth[k] = t
    return depth


def vcycle(u, f, h):
    """One V-cycle for -u'' = f with Dirichlet ends."""

    def smooth(u, f, h, sweeps):
        for _ in range(sweeps):
            u[1:-1] += 0.6 * (0.5 * (u[:-2] + u[2:] + h * h * f[1:-1]) - u[1:-1])
        return u

    u = smooth(u, f, h, 2)
    if len(u) <= 3:
        return u
    res = np.zeros_like(u)
    res[1:-1] = f[1:-1] + (u[:-2] - 2 * u[1:-1] + u[2:]) / h**2
    coarse = np.zeros((len(u) + 1) // 2)
    coarse[1:-1] = 0.25 * (res[1:-3:2] + 2 * res[2:-2:2] + res[3:-1:2])
    e = vcycle(np.zeros_like(coarse), coarse, 2 * h)
    u[::2] += e
    u[1::2] += 0.5 * (e[:-1] + e[1:])
    return smooth(u, f, h, 2)


@program(lambda r, s: (r.random(16 * s + 1), 2), main=0)
def multigrid(f, cycles):
    u = np.zeros_like(f)
    for _ in range(cycles):
        u = vcycle(u, f, 1.0 / (len(f) - 1))
    return u
