"""Programs in classes: layers, cells, controllers, quaternions, bodies as named tuples."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from programs.pool import program


@dataclass
class Momentum:
    lr: float = 0.1
    mu: float = 0.9
    velocity: dict = field(default_factory=dict)

    def step(self, params, grads):
        for name, g in grads.items():
            v = self.velocity.get(name, 0.0)
            v = self.mu * v - self.lr * g
            self.velocity[name] = v
            params[name] = params[name] + v


@dataclass
class LinearModel:
    w: np.ndarray
    b: float = 0.0

    def predict(self, X):
        return X @ self.w + self.b

    def loss_and_grads(self, X, y):
        r = self.predict(X) - y
        n = len(y)
        return 0.5 * np.mean(r**2), {"w": X.T @ r / n, "b": np.mean(r)}


@program(lambda r, s: (r.random(3), r.random((5 * s, 3)), r.random(5 * s)), main=0)
def momentum_dataclass(w, X, y):
    model = LinearModel(w)
    opt = Momentum(lr=0.05)
    history = []
    for epoch in range(5):
        loss, g = model.loss_and_grads(X, y)
        params = {"w": model.w, "b": model.b}
        opt.step(params, g)
        model.w, model.b = params["w"], params["b"]
        history.append(loss)
    return history[-1] + history[0], model.w


class LSTM:
    def __init__(self, W, U, b):
        self.W, self.U, self.b = W, U, b
        self.n = U.shape[0]
        self.reset()

    def reset(self):
        self.h = np.zeros(self.n)
        self.c = np.zeros(self.n)

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def step(self, x):
        z = x @ self.W + self.h @ self.U + self.b
        i, f, o, g = np.split(z, 4)
        self.c = self.sigmoid(f) * self.c + self.sigmoid(i) * np.tanh(g)
        self.h = self.sigmoid(o) * np.tanh(self.c)
        return self.h

    def __call__(self, xs):
        self.reset()
        return np.array([self.step(x) for x in xs])


@program(
    lambda r, s: (
        r.standard_normal((3, 16)) * 0.5,
        r.standard_normal((4, 16)) * 0.5,
        np.zeros(16),
        r.random((4 * s, 3)),
    ),
    main=0,
)
def lstm_class(W, U, b, xs):
    cell = LSTM(W, U, b)
    hs = cell(xs)
    return (hs**2).sum(), cell.c


class Layer:
    def forward(self, x, training=True):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, w, b):
        self.w = w
        self.b = b

    def forward(self, x, training=True):
        self.x = x
        return x @ self.w + self.b

    def backward(self, g):
        self.gw = self.x.T @ g
        self.gb = g.sum(axis=0)
        return g @ self.w.T


class ReLU(Layer):
    def forward(self, x, training=True):
        self.mask = x > 0
        return np.where(self.mask, x, 0)

    def backward(self, g):
        return g * self.mask


class BatchNorm(Layer):
    def __init__(self, dim, momentum=0.9):
        self.gamma, self.beta = np.ones(dim), np.zeros(dim)
        self.running_mean = np.zeros(dim)
        self.momentum = momentum

    def forward(self, x, training=True):
        if training:
            self.mu = x.mean(axis=0)
            self.var = x.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * self.mu
        self.xhat = (x - self.mu) / np.sqrt(self.var + 1e-5)
        return self.gamma * self.xhat + self.beta

    def backward(self, g):
        n = g.shape[0]
        dx = self.gamma * g
        return (n * dx - dx.sum(0) - self.xhat * (dx * self.xhat).sum(0)) / (n * np.sqrt(self.var + 1e-5))


class Sequential:
    def __init__(self, *layers):
        self.layers = list(layers)

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, k):
        return self.layers[k]

    def __iter__(self):
        return iter(self.layers)

    def forward(self, x, **kw):
        for layer in self.layers:
            x = layer.forward(x, **kw)
        return x

    def backward(self, g):
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return g


@program(
    lambda r, s: (
        r.standard_normal((4, 6)),
        r.standard_normal((6, 2)),
        r.random((5 * s, 4)),
        r.random((5 * s, 2)),
    ),
    main=0,
)
def layers_backprop(w1, w2, X, Y):
    net = Sequential(Dense(w1, np.zeros(6)), BatchNorm(6), ReLU(), Dense(w2, np.zeros(2)))
    for _ in range(3):
        out = net.forward(X, training=True)
        net.backward(2 * (out - Y) / Y.size)
        for layer in net:
            if isinstance(layer, Dense):
                layer.w = layer.w - 0.1 * layer.gw
                layer.b = layer.b - 0.1 * layer.gb
    return np.mean((net.forward(X, training=False) - Y) ** 2), net[1].running_mean


class PID:
    def __init__(self, kp, ki, kd, limits=(None, None)):
        self.kp, self.ki, self.kd = kp, ki, kd
        self.lo, self.hi = limits
        self._integral = 0
        self._last = None

    def __call__(self, error, dt=0.1):
        self._integral += self.ki * error * dt
        derivative = 0.0 if self._last is None else (error - self._last) / dt
        self._last = error
        out = self.kp * error + self._integral + self.kd * derivative
        if self.lo is not None and out < self.lo:
            out = self.lo
        elif self.hi is not None and out > self.hi:
            out = self.hi
        return out


@program(lambda r, s: (np.array([1.2, 0.5, 0.05]), 12 * s), main=0)
def pid_plant(gains, n):
    pid = PID(*gains, limits=(-1.5, 1.5))
    y, v = 0.0, 0.0
    log = {"y": [], "u": []}
    for k in range(n):
        u = pid(1.0 - y)
        v += 0.1 * (u - 0.5 * v)
        y += 0.1 * v
        log["y"].append(y)
        log["u"].append(u)
    return np.sum((1 - np.array(log["y"])) ** 2) + 0.1 * np.sum(np.square(log["u"]))


class Quaternion:
    def __init__(self, w, x, y, z):
        self.w, self.x, self.y, self.z = w, x, y, z

    def __mul__(self, o):
        return Quaternion(
            self.w * o.w - self.x * o.x - self.y * o.y - self.z * o.z,
            self.w * o.x + self.x * o.w + self.y * o.z - self.z * o.y,
            self.w * o.y - self.x * o.z + self.y * o.w + self.z * o.x,
            self.w * o.z + self.x * o.y - self.y * o.x + self.z * o.w,
        )

    @property
    def conj(self):
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    @property
    def norm(self):
        return math.sqrt(self.w**2 + self.x**2 + self.y**2 + self.z**2)

    def normalized(self):
        n = self.norm
        return Quaternion(self.w / n, self.x / n, self.y / n, self.z / n)

    @classmethod
    def from_axis(cls, axis, angle):
        a = np.asarray(axis) / np.linalg.norm(axis) * math.sin(angle / 2)
        return cls(math.cos(angle / 2), *a)

    def rotate(self, v):
        p = self * Quaternion(0.0, *v) * self.conj
        return np.array([p.x, p.y, p.z])


@program(lambda r, s: (r.random(3), 6 * s), main=0)
def rigid_body(omega, n):
    I = np.array([1.0, 2.0, 3.0])
    q = Quaternion(1.0, 0.0, 0.0, 0.0)
    dt = 0.05
    for _ in range(n):
        domega = -np.cross(omega, I * omega) / I
        omega = omega + dt * domega
        dq = q * Quaternion(0.0, *omega)
        q = Quaternion(
            q.w + 0.5 * dt * dq.w, q.x + 0.5 * dt * dq.x, q.y + 0.5 * dt * dq.y, q.z + 0.5 * dt * dq.z
        )
        q = q.normalized()
    spin = Quaternion.from_axis([0, 0, 1.0], 0.3)
    return (q * spin).rotate(np.array([1.0, 0.0, 0.0]))


class Body(NamedTuple):
    pos: np.ndarray
    vel: np.ndarray
    mass: float


@program(lambda r, s: (r.random((4, 3)), 5 * s), main=0)
def nbody_tuples(x, n):
    bodies = [Body(p, np.zeros(3), 1.0 + k) for k, p in enumerate(x)]

    def acc(b, others):
        total = np.zeros(3)
        for o in others:
            if o is b:
                continue
            d = o.pos - b.pos
            total += o.mass * d / (d @ d + 0.1) ** 1.5
        return total

    for _ in range(n):
        kicked = [b._replace(vel=b.vel + 0.01 * acc(b, bodies)) for b in bodies]
        bodies = [b._replace(pos=b.pos + 0.01 * b.vel) for b in kicked]
    kinetic = sum(0.5 * b.mass * np.dot(b.vel, b.vel) for b in bodies)
    return kinetic, np.array([b.pos for b in bodies])
