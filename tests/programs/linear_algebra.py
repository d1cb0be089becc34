"""Dense and sparse linear algebra as loops over rows, columns and elements."""

import numpy as np

from programs.pool import dominant, positive_definite, program


@program(
    lambda r, s: (1.5, 1.2, r.random((6, 7)), r.random((6, 5 * s)), r.random((5 * s, 7))), main=3, writes=True
)
def gemm(alpha, beta, C, A, B):
    C[:] = alpha * A @ B + beta * C


@program(
    lambda r, s: (5 * s, 6, 7, r.random((5 * s, 6)), r.random((6, 7)), np.zeros((5 * s, 7))),
    main=3,
    writes=True,
)
def gemm_by_elements(NI, NK, NJ, A, B, C):
    for i in range(NI):
        for j in range(NJ):
            for k in range(NK):
                C[i, j] += A[i, k] * B[k, j]


@program(lambda r, s: (1.5, 1.2, *r.random((8, 6 * s)), r.random((6 * s, 6 * s))), main=10, writes=True)
def gemver(alpha, beta, u1, v1, u2, v2, w, x, y, z, A):
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x += beta * y @ A + z
    w += alpha * A @ x


@program(lambda r, s: (1.5, 1.2, r.random((6 * s, 6 * s)), r.random((6 * s, 6 * s)), r.random(6 * s)), main=4)
def gesummv(alpha, beta, A, B, x):
    return alpha * A @ x + beta * B @ x


@program(lambda r, s: (r.random((5 * s, 6)), r.random(6)), main=0)
def atax(A, x):
    return (A @ x) @ A


@program(lambda r, s: (r.random((5 * s, 6)), r.random(6), r.random(5 * s)), main=0)
def bicg(A, p, r):
    return r @ A, A @ p


@program(lambda r, s: (*r.random((4, 6 * s)), r.random((6 * s, 6 * s))), main=4, writes=True)
def mvt(x1, x2, y_1, y_2, A):
    x1 += A @ y_1
    x2 += y_2 @ A


@program(lambda r, s: (1.5, 1.2, r.random((6 * s, 6 * s)), r.random((6 * s, 5))), main=3, writes=True)
def syrk(alpha, beta, C, A):
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]


@program(
    lambda r, s: (1.5, 1.2, r.random((6 * s, 6 * s)), r.random((6 * s, 5)), r.random((6 * s, 5))),
    main=4,
    writes=True,
)
def syr2k(alpha, beta, C, A, B):
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += A[: i + 1, k] * alpha * B[i, k] + B[: i + 1, k] * alpha * A[i, k]


@program(lambda r, s: (1.5, r.random((6 * s, 6 * s)), r.random((6 * s, 5))), main=1, writes=True)
def trmm(alpha, A, B):
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    B *= alpha


@program(
    lambda r, s: (1.5, 1.2, r.random((5 * s, 6)), r.random((5 * s, 5 * s)), r.random((5 * s, 6))), main=3
)
def symm(alpha, beta, C, A, B):
    C = C * beta
    temp2 = np.empty((C.shape[1],), dtype=C.dtype)
    for i in range(C.shape[0]):
        for j in range(C.shape[1]):
            C[:i, j] += alpha * B[i, j] * A[i, :i]
            temp2[j] = B[:i, j] @ A[i, :i]
        C[i, :] += alpha * B[i, :] * A[i, i] + alpha * temp2
    return C


@program(lambda r, s: (5 * s, 4, 6, r.random((5 * s, 4, 6)), r.random((6, 6))), main=3, writes=True)
def doitgen(NR, NQ, NP, A, C4):
    A[:] = np.reshape(np.reshape(A, (NR, NQ, 1, NP)) @ C4, (NR, NQ, NP))


@program(lambda r, s: (dominant(r, 6 * s), r.random(6 * s), r.random(6 * s)), main=0, writes=True)
def trisolv(L, x, b):
    for i in range(x.shape[0]):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]


@program(lambda r, s: (dominant(r, 6 * s),), main=0, writes=True)
def lu(A):
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, A.shape[0]):
            A[i, j] -= A[i, :i] @ A[:i, j]


@program(lambda r, s: (dominant(r, 6 * s), r.random(6 * s)), main=0, writes=True)
def ludcmp(A, b):
    x = np.zeros_like(b)
    y = np.zeros_like(b)
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, A.shape[0]):
            A[i, j] -= A[i, :i] @ A[:i, j]
    for i in range(A.shape[0]):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(A.shape[0] - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x, y


@program(lambda r, s: (6 * s, dominant(r, 6 * s)), main=1, writes=True)
def lu_by_elements(n, A):
    for k in range(n):
        for i in range(k + 1, n):
            A[i][k] = A[i][k] / A[k][k]
            for j in range(k + 1, n):
                A[i][j] -= A[i][k] * A[k][j]


@program(lambda r, s: (positive_definite(r, 6 * s),), main=0, writes=True)
def cholesky(A):
    A[0, 0] = np.sqrt(A[0, 0])
    for i in range(1, A.shape[0]):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])


@program(lambda r, s: (positive_definite(r, 6 * s),), main=0, writes=True, symmetric=True)
def cholesky2(A):
    A[:] = np.linalg.cholesky(A) + np.triu(A, k=1)


@program(lambda r, s: (r.uniform(0, 0.1, 7 * s),), main=0)
def durbin(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


@program(lambda r, s: (r.standard_normal((8 * s, 6)),), main=0, writes=True)
def gramschmidt(A):
    Q = np.zeros_like(A)
    R = np.zeros((A.shape[1], A.shape[1]), dtype=A.dtype)
    for k in range(A.shape[1]):
        nrm = np.dot(A[:, k], A[:, k])
        R[k, k] = np.sqrt(nrm)
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, A.shape[1]):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


@program(lambda r, s: (dominant(r, 6 * s) + 0.3 * r.standard_normal((6 * s, 6 * s)),), main=0)
def householder_qr(A):
    m, n = A.shape
    R = A.copy()
    Q = np.eye(m)
    for j in range(n):
        x = R[j:, j]
        sign = -1.0 if x[0] < 0 else 1.0
        v = x.copy()
        v[0] += sign * np.linalg.norm(x)
        v /= np.linalg.norm(v)
        R[j:, :] -= 2.0 * np.outer(v, v @ R[j:, :])
        Q[:, j:] -= 2.0 * np.outer(Q[:, j:] @ v, v)
    return Q, R


@program(lambda r, s: (r.standard_normal((6 * s, 5)),), main=0)
def givens_qr(A):
    R = np.array(A)
    m, n = R.shape
    for j in range(n):
        for i in range(m - 1, j, -1):
            a, b = R[i - 1, j], R[i, j]
            h = np.hypot(a, b)
            if h == 0:
                continue
            c, s = a / h, b / h
            upper = c * R[i - 1] + s * R[i]
            R[i] = -s * R[i - 1] + c * R[i]
            R[i - 1] = upper
    return R


@program(lambda r, s: (positive_definite(r, 5 * s), 2), main=0)
def jacobi_eigenvalues(M, sweeps):
    A = M.copy()
    n = len(A)
    for _ in range(sweeps):
        for p in range(n - 1):
            for q in range(p + 1, n):
                if abs(A[p, q]) < 1e-14:
                    continue
                theta = (A[q, q] - A[p, p]) / (2 * A[p, q])
                t = np.sign(theta) / (abs(theta) + np.sqrt(theta**2 + 1))
                c = 1 / np.sqrt(t**2 + 1)
                s = t * c
                row_p, row_q = A[p, :].copy(), A[q, :].copy()
                A[p, :], A[q, :] = c * row_p - s * row_q, s * row_p + c * row_q
                col_p, col_q = A[:, p].copy(), A[:, q].copy()
                A[:, p] = c * col_p - s * col_q
                A[:, q] = s * col_p + c * col_q
    return np.diag(A)


@program(lambda r, s: (positive_definite(r, 6 * s), r.random(6 * s)), main=0)
def conjugate_gradient(A, b, tol=1e-9):
    x = np.zeros_like(b)
    r = b - A @ x
    p = r
    rs = r @ r
    for _ in range(4):
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x = x + alpha * p
        r = r - alpha * Ap
        rs_new = r @ r
        if np.sqrt(rs_new) < tol:
            break
        p = r + (rs_new / rs) * p
        rs = rs_new
    return x


@program(lambda r, s: (dominant(r, 6 * s), r.random(6 * s)), main=0)
def gauss_seidel(A, b, iterations=5):
    n = b.size
    x = np.zeros(n)
    for _ in range(iterations):
        for i in range(n):
            sigma = 0.0
            for j in range(n):
                if j != i:
                    sigma += A[i, j] * x[j]
            x[i] = (b[i] - sigma) / A[i, i]
    return x


@program(lambda r, s: (positive_definite(r, 6 * s),), main=0)
def power_iteration(A):
    v = np.ones(A.shape[0])
    lam = 0.0
    while True:
        w = A @ v
        norm = np.linalg.norm(w)
        v = w / norm
        if abs(norm - lam) < 1e-3:
            break
        lam = norm
    return norm, v


@program(lambda r, s: (dominant(r, 6 * s), r.random(6 * s)), main=0)
def gaussian_elimination(A, b):
    """Solve with partial pivoting; rows are swapped."""
    A = A.astype(float)
    b = b.astype(float)
    n = len(b)
    for k in range(n - 1):
        p = k + np.argmax(np.abs(A[k:, k]))
        if p != k:
            A[[k, p]] = A[[p, k]]
            b[[k, p]] = b[[p, k]]
        for i in range(k + 1, n):
            m = A[i, k] / A[k, k]
            A[i, k:] -= m * A[k, k:]
            b[i] -= m * b[k]
    x = np.empty(n)
    for i in reversed(range(n)):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


@program(
    lambda r, s: (r.uniform(-1, 0, 7 * s), r.uniform(3, 4, 7 * s), r.uniform(-1, 0, 7 * s), r.random(7 * s)),
    main=1,
)
def thomas(a, b, c, d):
    n = len(d)
    cp, dp, x = np.zeros(n), np.zeros(n), np.zeros(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x[-1] = dp[-1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return x


def csr(r, n, per_row=3):
    """Row pointers, columns and values of a sparse matrix, and a vector."""
    indices = np.concatenate([np.sort(r.choice(n, per_row, replace=False)) for _ in range(n)])
    return np.arange(0, per_row * n + 1, per_row), indices, r.random(per_row * n), r.random(n)


@program(lambda r, s: csr(r, 7 * s), main=2)
def spmv(A_row, A_col, A_val, x):
    y = np.empty(A_row.size - 1, A_val.dtype)
    for i in range(A_row.size - 1):
        cols = A_col[A_row[i] : A_row[i + 1]]
        vals = A_val[A_row[i] : A_row[i + 1]]
        y[i] = vals @ x[cols]
    return y


@program(lambda r, s: csr(r, 7 * s), main=3)
def spmv_by_elements(indptr, indices, data, x):
    y = np.zeros(len(indptr) - 1)
    for i in range(len(y)):
        acc = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            acc += data[k] * x[indices[k]]
        y[i] = acc
    return y


@program(
    lambda r, s: (
        r.integers(0, 6 * s, 15 * s),
        r.integers(0, 6 * s, 15 * s),
        r.random(15 * s),
        r.random(6 * s),
    ),
    main=2,
)
def coo_matvec(rows, cols, vals, x):
    y = np.zeros_like(x)
    np.add.at(y, rows, vals * x[cols])
    return y
