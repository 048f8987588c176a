"""The stored reference values, made afresh with PyTorch."""

from __future__ import annotations

import pytest

from tests.engine import stored
from tests.engine.cases import ALL, assert_close, assert_gradients
from tests.engine.peer import Peer

pytestmark = pytest.mark.peer


def test_losses_and_gradients() -> None:
    peer = Peer("tanh", stored.stored_case())
    assert_close(peer.forward()[2], stored.LOSSES, 1e-11)
    assert_gradients(peer.backward(ALL), stored.GRADIENT, 1e-11)
    assert_gradients(peer.backward(2), {**stored.GRADIENT, **stored.WINDOW_2}, 1e-11)


@pytest.mark.parametrize("name", stored.AFTER)
def test_training(name: str) -> None:
    found = Peer("tanh", stored.stored_case()).train(name, ALL, stored.RATE, stored.CLIP, stored.UPDATES)
    assert_gradients(found, stored.AFTER[name], 1e-11)
