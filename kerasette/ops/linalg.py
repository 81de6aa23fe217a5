"""Linear algebra, as ``keras.ops.linalg`` lists it.

``ops/__init__.py`` fills this namespace.
"""

__all__ = """
cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve
solve_triangular svd
""".split()
