"""Solvers and simulations: heat, advection, waves, orbits, oscillators."""

import numpy as np

from samples.pool import fixed, normal, sample, scalar, uniform


@sample(normal(8), scalar(0.1, 0.4))
def heat_by_scalar_loops(u0, k):
    u = u0.copy()
    new = u0.copy()
    n = len(u)
    for _ in range(4):
        for i in range(1, n - 1):
            new[i] = u[i] + k * (u[i + 1] - 2 * u[i] + u[i - 1])
        for i in range(1, n - 1):
            u[i] = new[i]
    return u


@sample(normal(8), scalar(0.1, 0.4))
def heat_by_slices(u0, k):
    u = u0.copy()
    for _ in range(5):
        u[1:-1] += k * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


@sample(normal(8), scalar(0.1, 0.9))
def advection_upwind(u0, c):
    u = u0.copy()
    for _ in range(4):
        for i in range(len(u) - 1, 0, -1):
            u[i] -= c * (u[i] - u[i - 1])
        u[0] = u[-1]
    return u


@sample(normal(6), fixed(5))
def burgers(u, steps):
    for _ in range(steps):
        flux = 0.5 * u * u
        u = u - 0.05 * (flux - np.roll(flux, 1))
    return u


@sample(normal(7), scalar(0.2, 0.8))
def wave_equation(u0, c):
    old, u = u0, u0
    for _ in range(4):
        new = np.zeros_like(u)
        new[1:-1] = 2 * u[1:-1] - old[1:-1] + c**2 * (u[2:] - 2 * u[1:-1] + u[:-2])
        old, u = u, new
    return u


@sample(scalar(0.1, 1.5), scalar(0, 1))
def pendulum(theta, omega):
    dt = 0.1
    for _ in range(10):
        omega -= dt * np.sin(theta)
        theta += dt * omega
    return theta, omega


@sample(normal(3), fixed(5))
def lorenz_rk4(state, steps):
    def rhs(s):
        x, y, z = s
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    h = 0.01
    for _ in range(steps):
        k1 = rhs(state)
        k2 = rhs(state + h / 2 * k1)
        k3 = rhs(state + h / 2 * k2)
        k4 = rhs(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


@sample(normal(4, 3), uniform(4))
def gravity_energy(pos, mass):
    e = 0.0
    n = len(mass)
    for i in range(n):
        for j in range(i + 1, n):
            d = pos[i] - pos[j]
            e -= mass[i] * mass[j] / np.sqrt(np.sum(d * d) + 0.01)
    return e


@sample(normal(3, 2), normal(3, 2), uniform(3), loosen=10)
def nbody_steps(pos, vel, mass):
    pos, vel = pos.copy(), vel.copy()
    for _ in range(3):
        for i in range(3):
            for j in range(3):
                if i != j:
                    d = pos[j] - pos[i]
                    vel[i] += 0.01 * mass[j] * d / (d @ d + 0.1) ** 1.5
        pos += 0.01 * vel
    return pos


@sample(normal(5, 2))
def lennard_jones(x):
    x = x + 2.0 * np.arange(5)[:, None]
    d = x[:, None, :] - x[None, :, :]
    r2 = np.sum(d**2, axis=-1) + np.eye(5)
    s6 = 1 / r2**3
    return np.sum(np.tril(s6 * s6 - s6, -1)) * 4


@sample(scalar(5, 10), scalar(0.5, 1.2), seed=1)
def projectile_with_drag(speed, angle):
    x, y = 0.0, 0.0
    vx, vy = speed * np.cos(angle), speed * np.sin(angle)
    dt = 0.05
    while y >= 0:
        v = np.sqrt(vx * vx + vy * vy)
        vx -= dt * 0.05 * v * vx
        vy -= dt * (9.81 + 0.05 * v * vy)
        x += dt * vx
        y += dt * vy
    return x


@sample(normal(5), uniform(4, low=1, high=2))
def spring_chain_energy(x, k):
    e = 0.0
    for i in range(4):
        stretch = x[i + 1] - x[i] - 1.0
        if stretch > 0:
            e += 0.5 * k[i] * stretch**2
        else:
            e += k[i] * stretch**2
    return e


@sample(normal(5, 5))
def ising_like_energy(field):
    spins = np.tanh(field)
    return -np.sum(spins[1:] * spins[:-1]) - np.sum(spins[:, 1:] * spins[:, :-1])


@sample(normal(5, 5), scalar(0.1, 0.25))
def diffusion_2d(u, k):
    for _ in range(3):
        inner = u[1:-1, 1:-1]
        lap = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * inner
        u = np.pad(inner + k * lap, 1)
    return u


@sample(uniform(3), uniform(3), scalar(0.1, 0.5))
def predator_prey(prey, predator, rate):
    for _ in range(5):
        prey, predator = (
            prey + 0.05 * prey * (1 - rate * predator),
            predator + 0.05 * predator * (rate * prey - 0.5),
        )
    return prey, predator


@sample(normal(6), uniform(6, low=2.5, high=3.5))
def tridiagonal_solve(d, b):
    n = len(d)
    c = np.zeros(n)
    x = np.zeros(n)
    c[0] = 1 / b[0]
    x[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - c[i - 1]
        c[i] = 1 / m
        x[i] = (d[i] - x[i - 1]) / m
    for i in range(n - 2, -1, -1):
        x[i] -= c[i] * x[i + 1]
    return x
