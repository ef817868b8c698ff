"""What products would see: errors above their tolerance."""

import torch

from robusttrain.study.sdc.kinds import setting
from robusttrain.study.sdc.seen import seen


def test_an_error_above_the_tolerance_is_seen_and_one_below_it_is_not():
    made = setting("products", 2, 0)
    true = torch.ones(made.layout.size)
    sent = {w: true.clone() for w in range(7)}
    assert not seen(made, 3, sent, 2, true)
    sent[2][5] += 1e-3
    assert not seen(made, 3, sent, 2, true)
    sent[2][5] = 1e5
    assert seen(made, 3, sent, 2, true)
    sent[2][5] = torch.inf
    assert not seen(made, 3, sent, 2, true)
