"""Linear algebra, as ``keras.ops.linalg`` lists it.

``ops/__init__.py`` fills this namespace.
"""

from typing import TYPE_CHECKING, Any

__all__ = """
cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve
solve_triangular svd
""".split()

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
