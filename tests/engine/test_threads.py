"""How many threads products have: one, unless the environment says otherwise, whenever it is decided."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.threads import VARIABLES, cores, suited

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


def test_more_where_they_are_wanted_and_one_again() -> None:
    code = "from engine import threads as t; t.hold_to_one_thread(); import numpy; t.allow(2)"
    assert threads(code) == min(2, cores())
    assert threads(code + "; t.allow(1)") == 1
    assert threads(code.replace("allow(2)", "allow(1000)")) == cores()


def test_more_are_not_taken_where_the_user_has_set_a_number() -> None:
    code = "from engine import threads as t; t.hold_to_one_thread(); import numpy; t.allow(2)"
    assert threads(code, **dict.fromkeys(VARIABLES, "1")) == 1


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or cores() < 2, reason="a process is not held to one core here"
)
def test_no_more_than_the_process_may_use() -> None:
    code = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); from engine import threads as t; "
    assert threads(code + "import numpy; t.allow(2)") == 1


def test_small_products_have_one_thread() -> None:
    assert suited(16 * 128**2 * 4) == 1
    assert suited(64 * 512**2 * 4) == suited(400_000 * 100) == cores()
