"""Integers, bits, counts and searches."""

import numpy as np

from programs.pool import program


@program(lambda r, s: (r.integers(0, 256, size=9 * s, dtype=np.uint8),))
def crc16(data, poly=0x8408):
    crc = 0xFFFF
    for b in data:
        cur_byte = 0xFF & b
        for _ in range(0, 8):
            if (crc & 0x0001) ^ (cur_byte & 0x0001):
                crc = (crc >> 1) ^ poly
            else:
                crc >>= 1
            cur_byte >>= 1
    crc = ~crc & 0xFFFF
    crc = (crc << 8) | ((crc >> 8) & 0xFF)
    return crc & 0xFFFF


@program(lambda r, s: (r.random(20 * s) * 3, 5))
def histogram(x, nbins):
    bins = np.zeros(nbins, dtype=int)
    lo, hi = x.min(), x.max()
    for v in x:
        b = int((v - lo) / (hi - lo) * nbins)
        if b >= nbins:
            b = nbins - 1
        bins[b] += 1
    return bins


@program(lambda r, s: (r.random((15 * s)), r.random(15 * s), 6), main=0)
def azimint_naive(data, radius, npt):
    rmax = radius.max()
    res = np.zeros(npt, dtype=np.float64)
    for i in range(npt):
        r1 = rmax * i / npt
        r2 = rmax * (i + 1) / npt
        mask_r12 = np.logical_and((r1 <= radius), (radius < r2))
        values_r12 = data[mask_r12]
        if values_r12.size > 0:
            res[i] = values_r12.mean()
    return res


@program(lambda r, s: (30 * s,))
def sieve(n):
    is_prime = np.ones(n + 1, dtype=bool)
    is_prime[:2] = False
    p = 2
    while p * p <= n:
        if is_prime[p]:
            is_prime[p * p :: p] = False
        p += 1
    return is_prime.sum(), np.nonzero(is_prime)[0]


@program(lambda r, s: (r.permutation(9 * s).astype(float), 4))
def quickselect(values, k):
    a = values.copy()
    left, right = 0, len(a) - 1
    while left < right:
        pivot = a[right]
        store = left
        for i in range(left, right):
            if a[i] < pivot:
                a[store], a[i] = a[i], a[store]
                store += 1
        a[store], a[right] = a[right], a[store]
        if store == k:
            break
        if store < k:
            left = store + 1
        else:
            right = store - 1
    return a[k]


@program(lambda r, s: (8 * s, r.integers(0, 8 * s, (6 * s, 2))))
def union_find(n, edges):
    parent = np.arange(n)

    def find(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    count = n
    for a, b in edges:
        ra, rb = find(a), find(b)
        if ra != rb:
            parent[rb] = ra
            count -= 1
    return count, parent


@program(lambda r, s: (r.integers(1, 1000, 7 * s), r.integers(1, 1000, 7 * s)))
def gcds(a, b):
    out = np.empty_like(a)
    for i, (x, y) in enumerate(zip(a, b)):
        while y:
            x, y = y, x % y
        out[i] = x
    return out


@program(lambda r, s: (r.random(8 * s),), main=0, writes=True)
def prefix_sums(x):
    for i in range(1, len(x)):
        x[i] += x[i - 1]


@program(lambda r, s: (r.random(16 * s if s & (s - 1) == 0 else 16),), main=0)
def blelloch_scan(x):
    """Exclusive sums by an up-sweep and a down-sweep over a power of two of elements."""
    a = x.copy()
    n = a.size
    step = 1
    while step < n:
        a[2 * step - 1 :: 2 * step] += a[step - 1 :: 2 * step]
        step *= 2
    a[-1] = 0
    while step > 1:
        half = step // 2
        left = a[half - 1 :: step].copy()
        a[half - 1 :: step] = a[step - 1 :: step]
        a[step - 1 :: step] += left
        step = half
    return a


@program(lambda r, s: (r.permutation(8 * s).astype(float),), main=0, writes=True)
def bubble_sort(a):
    n = len(a)
    for i in range(n):
        swapped = False
        for j in range(n - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
                swapped = True
        if not swapped:
            break


@program(lambda r, s: (r.permutation(8 * s) * 1.0,), main=0)
def insertion_sort(values):
    a = np.array(values)
    for i in range(1, len(a)):
        key = a[i]
        j = i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    return a


@program(lambda r, s: (r.permutation(8 * s),), error="calls itself without an end that is known")
def quicksort(x):
    """How deep it goes depends on data."""
    if len(x) <= 1:
        return x
    pivot = x[0]
    return np.concatenate([quicksort(x[x < pivot]), x[x == pivot], quicksort(x[x > pivot])])


@program(lambda r, s: (np.sort(r.random(12 * s)), r.random(5)))
def binary_search(table, queries):
    found = []
    for q in queries:
        lo, hi = 0, len(table)
        while lo < hi:
            mid = (lo + hi) // 2
            if table[mid] < q:
                lo = mid + 1
            else:
                hi = mid
        found.append(lo)
    return np.array(found)


@program(lambda r, s: (-2.0, 0.6, -1.2, 1.2, 6 * s, 5, 12))
def mandelbrot1(xmin, xmax, ymin, ymax, xn, yn, maxiter, horizon=2.0):
    X = np.linspace(xmin, xmax, xn, dtype=np.float64)
    Y = np.linspace(ymin, ymax, yn, dtype=np.float64)
    C = X + Y[:, None] * 1j
    N = np.zeros(C.shape, dtype=np.int64)
    Z = np.zeros(C.shape, dtype=np.complex128)
    for n in range(maxiter):
        I = np.less(abs(Z), horizon)
        N[I] = n
        Z[I] = Z[I] ** 2 + C[I]
    N[N == maxiter - 1] = 0
    return Z, N


@program(lambda r, s: (6 * s, 5, 12))
def mandelbrot2(width, height, limit):
    counts = np.zeros((height, width), dtype=int)
    for py in range(height):
        for px in range(width):
            c = complex(-2.0 + 2.6 * px / width, -1.2 + 2.4 * py / height)
            z = 0j
            n = 0
            while n < limit and abs(z) <= 2:
                z = z * z + c
                n += 1
            counts[py, px] = n
    return counts


@program(lambda r, s: (r.integers(0, 50, (6 * s, 6 * s)), r.integers(0, 50, (6 * s, 6 * s)), 4, 3, 9))
def compute(array_1, array_2, a, b, c):
    return np.clip(array_1, 2, 10) * a + array_2 * b + c


@program(lambda r, s: (12345, 6 * s))
def linear_congruential(seed, n):
    out = np.empty(n)
    state = seed
    for i in range(n):
        state = (1103515245 * state + 12345) % 2**31
        out[i] = state / 2**31
    return out


@program(lambda r, s: (r.choice([-1, 1], (6 * s, 6 * s)), r.random((4, 6 * s, 6 * s)), 0.44))
def ising(spins, draws, beta):
    L = len(spins)
    spins = spins.copy()
    for u in draws:
        for i in range(L):
            for j in range(L):
                nb = spins[(i + 1) % L, j] + spins[i - 1, j] + spins[i, (j + 1) % L] + spins[i, j - 1]
                dE = 2 * spins[i, j] * nb
                if dE <= 0 or u[i, j] < np.exp(-beta * dE):
                    spins[i, j] *= -1
    energy = -np.sum(spins * (np.roll(spins, 1, 0) + np.roll(spins, 1, 1)))
    return spins, energy


@program(lambda r, s: (np.pad(r.integers(0, 2, (6 * s, 6)), 1), 2))
def connected_components(image, background):
    """Labels by sweeps that spread the smallest label until nothing changes."""
    H, W = image.shape
    labels = np.where(image > 0, np.arange(H * W).reshape(H, W), H * W)
    while True:
        old = labels.copy()
        for axis in (0, 1):
            for shift in (1, -1):
                labels = np.where(image > 0, np.minimum(labels, np.roll(labels, shift, axis)), H * W)
        if (old == labels).all():
            break
    return labels + background
