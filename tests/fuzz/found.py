"""Programs that random ones were reduced to, each named after what was wrong; run on both backends."""

import numpy as np

FOUND = []
SLOPES = []


def found(*arguments):
    """Enter a program, with arguments for its value."""
    return lambda function: FOUND.append((function, arguments)) or function


def slope(*arguments):
    """Enter a program whose gradient was wrong, or could not be computed."""
    return lambda function: SLOPES.append((function, arguments)) or function


def ramp(*shape):
    return np.linspace(-1.0, 2.0, int(np.prod(shape))).reshape(shape)


# ── slices ────────────────────────────────────────────────────────────────────────────────────────


@found(ramp(2), ramp(2, 1))
def empty_slice_with_a_step(x, m):
    m[1] = np.sum(x[-2:-2:2])
    return m


@found(ramp(4, 3))
def empty_falling_slices(m):
    m[4:3:-2, -4::-2] = 3 * np.arange(0).reshape((0, 0))
    return m[-5::-1].shape, m[:0:-1, -9::-1].sum(), m


@found(ramp(6), -7)
def falling_slice_from_before_the_start(x, k):
    return x[k::-1], x[k + 2 :: -2], x[int(x[0]) * 9 :: -1].sum()


@found(ramp(6), 0)
def slice_with_a_step_that_data_makes_empty(x, k):
    n = int(x[-1]) * k
    return np.sum(x[0:n:3]), np.sum(x[n : 2 * n : 2])


@found(ramp(6, 1), np.array([-1, 4, 6, 1, -1, 5]), 4)
def long_bounds_of_a_slice_with_a_step(m, q, k):
    m = np.concatenate((np.maximum(q[-1::-1], q), q[-2::-2]))
    m[-1:4:-2] += [k for _ in range(2)]
    return m


# ── what loops carry ──────────────────────────────────────────────────────────────────────────────


@found(ramp(4), 1.5)
def name_that_every_turn_sets_to_what_it_was(x, s):
    f = s
    for _ in range(len(x)):
        f = s
    return f


@found(ramp(4), 1.5)
def array_that_every_turn_sets_to_what_it_was(x, s):
    f, g, k = x, (s, x), 0
    while k < s:
        f, g, k = x, (s, x), k + 1
    f[0] = 7.0
    return f, x, g


# ── writes ────────────────────────────────────────────────────────────────────────────────────────


@found(np.array([-2.0, 0.0, -2.0, 2.0, 1.0], dtype=np.float32))
def wide_addition_to_a_part_is_rounded_after_it(v):
    v[:] += np.tanh(np.arange(25.0).reshape((5, 5)) @ v)
    v[1:3] -= np.arange(2)
    return v, v <= 0


@found(ramp(5), np.array([1, -3, -3, 1, 0]))
def integers_stored_as_floats_and_changed_afterwards(x, q):
    x[:] = q.astype(float)
    for j in range(len(x)):
        q[j] += j


@found(np.arange(6).reshape(2, 3), 1)
def float_product_stored_in_an_element_of_integers(q, k):
    q[1, k] *= 0.5
    q[0][k] /= 2
    return q


@found(ramp(3, 4), 2)
@found(ramp(3, 4), 0)
def same_row_taken_on_both_sides(m, k):
    for _ in (1, 2):
        row = m[1]
        if row[k] > 0.5:
            break
    m[1] = 1.0
    return row, m


@found(ramp(3, 4), 2)
@found(ramp(3, 4), 0)
def chosen_row_that_is_not_read_again(m, k):
    row = m[0] if m[1, k] > 0.5 else m[2]
    total = row.sum()
    m[0] = total
    return m


@found(ramp(5, 2), np.arange(6))
def whole_array_updated_by_one_of_a_given_size(m, q):
    m += np.ones((5, 2))
    m *= np.arange(10).reshape(5, 2)
    q -= np.arange(6)


@found(ramp(5))
def array_updated_in_a_loop_keeps_its_name(x):
    for k in range(4):
        x -= k


@found(ramp(5, 3))
def rows_of_a_view_in_a_loop(m):
    for row in m.T:
        row -= row[0]
        row[1] = 0.5


@found(ramp(5, 3))
def view_of_a_view_made_before_a_write(m):
    v = m.T
    m[0, 0] = 7.0
    r = v[1]
    r[:] = 5.0
    return v


@found(ramp(8, 6))
def reshape_that_copies(m):
    parts = m.T.ravel(), m[:, 1:].reshape(-1), m[::2].reshape(-1), m[:, ::-1].reshape(-1)
    for part in parts:
        part += 10
    return parts, m


@found(ramp(7))
def ravel_of_what_is_not_contiguous(x):
    parts = x[::-1].ravel(), x[::2].ravel(), x[1:].ravel(), x[::2].reshape(-1)
    for part in parts:
        part *= 2
    return parts, x


@found(ramp(8, 6))
def reshape_that_is_a_view(m):
    m[1:].ravel()[:2] = 4.0
    m[:, ::2].reshape(8, 3, 1)[0] = 5.0
    m.T.reshape(6, 1, 8)[1] = 6.0
    m[:, :4].reshape(8, 2, 2)[:, 1, 1] = 7.0
    return m


@found(ramp(4, 3), 0.5)
def parts_of_complex_numbers_are_views(m, t):
    z = np.sin(m) + 1j * np.tanh(m)
    z.real[-1] = t // 3
    part = z.T.imag[0]
    part += 2
    flat, copied = z.real.reshape(-1), z.imag.ravel()
    flat[:2] = 7.0
    copied[:] = 0.0
    np.real(z)[1] *= 2
    m.real[0] = 3
    return z, flat, copied


@found(ramp(4, 4), ramp(4))
def diagonals_and_what_is_broadcast_are_views(m, x):
    d, e, b = np.diag(m), m[:3].diagonal(1), np.broadcast_to(x, (2, 4))
    part = d[1:]
    m[1, 1:3] = 9.0
    x[:] -= 1.0
    return d + 0, e * 2, part.sum(), b[1] + 1, np.diag(x)


# ── scalars ───────────────────────────────────────────────────────────────────────────────────────


@found(0.5)
def boolean_times_one_in_a_function(x):
    b = x < 3.0
    return np.sin(1.0 * b), np.exp(0.0 + b), 1 * b


@found(ramp(7, 5))
def signs_of_sizes(m):
    return ~m.size, -len(m), +m.shape[1], m.size & 6


@found(ramp(7))
def size_has_no_dtype(x):
    return hasattr(len(x), "dtype"), hasattr(x, "dtype")


# ── branches ──────────────────────────────────────────────────────────────────────────────────────


@found(ramp(3, 3), 5)
def write_to_a_diagonal_in_a_branch_that_is_not_taken(m, n):
    d = np.diag(m)
    if n < 3:
        d[:] = n
    return d


@found(ramp(3), 5)
def errors_of_branches_that_are_not_taken(x, n):
    def unbound(z):
        v *= z  # noqa: F821, F841
        return v

    if n < 3:
        return unbound(x)
    if n > 100 and x[9] > 0:
        return x[1:] + x
    if n == 50:
        return x * {"a": 1.0}["b"]
    return x * (3 // 0 if n == 7 else x[1])


@found(1.5, np.array([1.0, 2.0]))
def list_that_grows_after_a_continue(t, x):
    k, total = 0, 0.0
    while k < 5:
        k += 1
        if x[1] >= t * k:
            total += 3
        elif k % 2 == 1:
            continue
        grown = []
        for i in range(k % 3):
            grown.append((i * 1.5, np.sin(x[i])))
        for p, q in grown:
            total += p * q + 1
    return k, total


@found(ramp(6), 4)
def list_that_one_branch_lets_grow_by_as_many_as_data_says(x, n):
    total = 0.0
    for k in range(6):
        grown = []
        if x[k] > 0:
            for i in range((n + k) % 3):
                grown.append(x[i])
        for e in grown:
            total += e
    return total


# ── functions ─────────────────────────────────────────────────────────────────────────────────────


@found(5)
def lambda_made_in_a_while(n):
    t = 0
    while t < n:
        t += 1
        g = lambda z: z * 2 + t  # noqa: B023, E731
        n = min(n, g(t))
    return t, n


@found(ramp(6))
def method_named_in_a_loop(x):
    total = 0.0
    for _ in range(6):
        least = x.min
        total += least()
    return total


@found(ramp(4), 6)
def bounds_of_a_loop_that_changes_what_they_are_made_of(x, n):
    for k in reversed(range(n % 4)):
        n -= 0.1 * np.min(x) + k
    for _ in range(int(n)):
        n *= 0.5
    return n


@found(6)
def place_of_the_largest_of_computed_numbers(n):
    return np.argmax(np.linspace(2.0, 3)) + n


@found(ramp(2), 0)
def array_of_a_list_of_rows_that_stays_empty(x, n):
    rows = []
    for k in range(n):
        rows.append(x * k)
    return np.array(rows)


@found(1.5)
def list_that_a_loop_in_a_loop_with_a_break_empties(x):
    k, total = 1, 0.0
    while True:
        k += 1
        if k > 3:
            break
        todo = [x, x * 2, x * 3]
        while todo:
            e = todo.pop()
            total += e * e
            if abs(e) > 0.1:
                todo.append(e * 0.4)
    return k, total


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────


@slope(ramp(2))
def cotangent_that_is_a_broadcast_scalar(x):
    y = x[:]
    g = x[1] * y[0]
    y[:] += y[-1]
    a = x[0] + np.array([y[c] for c in range(2)])
    a[-2] = g
    return np.sum(np.sin(a)) + 0.0 * np.sum(x)


@slope(6.0 * ramp(3) + 0.4)
def places_saved_without_how_many_they_are(x):
    y = x.copy()
    for _ in range(3):
        above = y > 3
        y[above] = np.floor(y)[above]
    return np.sum(np.sin(y))


@slope(ramp(6))
def places_restored_without_how_many_they_are(x):
    y, q = x.copy(), np.array([5, -2, 3, 0, 4, 2])
    for i in range(6):
        here = y <= y
        q[here] = q
        for _ in y:
            q[i] += 6
            y[q % 6] = np.sin(q) * y[i]
    return np.sum(np.sin(y))


@slope(np.array([2.2963, -0.8712, 1.6444]))
def view_read_in_a_branch_whose_array_is_updated_there(x):
    """What is handed over after `x += …` read the view of x, in the tangent's code."""
    if x[2] > 0:
        x = 1.0 * x
        x[1] = x[2]
        x += x[-1:1:-1] ** 2
    return np.sum(np.sin(x))


@slope(ramp(3) + 1.1)
def cast_of_integers_that_are_restored_before_it_is_read(x):
    q, total = np.array([1, 2, 3]), 0.0
    for j in range(3):
        a = x * q
        q[j] += 1
        b = x / q
        total += np.sum(a) * np.sum(np.sin(b))
    return total


@slope(ramp(18) + 0.3)
def conditions_of_branches_that_are_read_when_the_array_is_finished(x):
    """An inner condition on elements that the restored array does not give before it is restored."""
    m = 1.0 * x.reshape(6, 3)
    for j in range(6):
        if m[j, 1] > 0:  # noqa: SIM102  (two branches, one in the other)
            if m[j, 2] > 0:
                m[j, 0] -= np.tanh(np.cos(m[5, 0]))
    return np.sum(np.sin(m))


@slope(ramp(6))
def sizes_of_a_turn_that_may_be_left(x):
    """A list of another length in each turn, none of which is read in the next one."""
    total, left = 0.0, 0.0
    for i in reversed(range(len(x))):
        if i < 1:
            left = total * 0.5
            break
        grown = []
        for _ in range(i % 2):
            grown.append(0.5 * x[i] ** 2)
        total += sum(grown)
        if i == 3:
            continue
        part = x[: i % 3 + 1] * 2.0
        total += np.sum(part)
    else:
        left = 1.0
    return total + left
