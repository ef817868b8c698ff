"""Losses: each reason is told once."""

from robusttrain.comm.losses import losses


def test_losses_name_each_reason_once():
    lost = {1: "broke", 3: "failed: x", 2: "broke", 7: "failed: x", 4: "failed: x"}
    assert losses(lost) == "ranks 1 and 2 broke; ranks 3, 7 and 4 failed: x"
