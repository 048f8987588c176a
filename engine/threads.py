"""How many threads the library that multiplies matrices may have: decided here, unless the environment says so.

It imports no array library: what is decided before NumPy is loaded costs nothing.
"""

from __future__ import annotations

import os
import sys

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What the libraries are told by, when they are loaded."""


def hold_to_one_thread() -> None:
    """Let products be made on one thread, unless the user has set another number in the environment.

    Matrices of a lesson are small: two threads take several times as long where the other core is busy, and from each
    other's and the screen's time. Apple's library, once loaded, cannot be told.
    """
    if any(os.environ.get(name) for name in VARIABLES):
        return
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        return
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
