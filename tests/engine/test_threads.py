"""How many threads products have: one, unless the environment says otherwise, whenever it is decided."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.threads import VARIABLES

SAY = """
from threadpoolctl import threadpool_info
print(max((each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"), default=1))
"""
ORDERS = {
    "before NumPy is loaded": "from engine.threads import hold_to_one_thread as h; h(); h(); import numpy",
    "after it": "import numpy; from engine.threads import hold_to_one_thread as h; h(); h()",
}


def threads(code: str, **given: str) -> int:
    """The threads that products have in a process of its own."""
    free = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    ran = subprocess.run([sys.executable, "-c", code + SAY], env={**free, **given}, capture_output=True, check=True)
    return int(ran.stdout)


@pytest.mark.parametrize("order", ORDERS)
def test_one_thread(order: str) -> None:
    assert threads(ORDERS[order]) == 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is but one core")
def test_what_the_user_has_set_stays(order: str) -> None:
    given = dict.fromkeys(VARIABLES, "2")
    assert threads(ORDERS[order], **given) == threads("import numpy", **given) == 2
