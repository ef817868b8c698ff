"""What a rank has computed in a step: what it commits to, and which blocks it then sends."""

from dataclasses import replace

import pytest
import torch
from blake3 import blake3
from small_rank import ATTACKS, BLOCK, LIARS, PLAN, answers, threat
from support import component

from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.threat.attack.equivocate import Equivocate


def test_commitments_are_the_roots_in_order(honest):
    answer = answers(honest, [4, 0], threat=threat())
    roots = answer.commitments(PLAN)
    order = [(w, t) for w in (4, 0) for t in PLAN.held([w]).tolist()]
    assert len(roots) == 32 * len(order)
    for i, copy in enumerate(order):
        assert roots[32 * i : 32 * i + 32] == answer.roots[answer.index[copy]]


def test_leaves_and_roots_are_blake3(honest):
    answer = answers(honest, [1, 2], threat=threat())
    for row, leaves in answer.leaves.items():
        data = answer.rows[row].numpy()
        blocks = [data[lo : lo + BLOCK] for lo in range(0, len(data), BLOCK)]
        assert leaves == b"".join(blake3(block.tobytes()).digest() for block in blocks)
        assert answer.roots[row] == blake3(leaves).digest()


def test_rows_that_nobody_asks_for_are_not_hashed(honest):
    answer = answers(honest, LIARS, threat=threat())
    assert set(answer.leaves) == set(answer.index.values())
    assert len(answer.leaves) < len(answer.rows)


def test_choose_gives_the_rows_and_leaves_of_the_copies(honest):
    answer = answers(honest, [1, 2], threat=threat())
    wanted = [(w, int(PLAN.held([w])[i])) for w, i in ((2, 3), (1, 0), (2, 0))]
    chosen, leaves = answer.choose(wanted)
    assert chosen == [answer.index[copy] for copy in wanted]
    assert leaves == b"".join(answer.leaves[row] for row in chosen)


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_blocks_are_what_was_committed_to_unless_the_liar_equivocates(honest, path):
    attack = component(path)
    answer = answers(honest, [1, 2], threat=threat(attack))
    wanted = [(2, int(PLAN.held([2])[1])), (1, int(PLAN.held([1])[2]))]
    chosen, leaves = answer.choose(wanted)
    before = answer.rows.clone()
    for index, (lo, hi) in enumerate(honest[0].recompute.layout.blocks):
        block = answer.block(chosen, lo, hi)
        assert block.shape == (2, hi - lo)
        for (worker, _), row, root in zip(wanted, block, range(2), strict=True):
            start = 32 * (root * len(honest[0].recompute.layout.blocks) + index)
            kept = blake3(row.numpy().tobytes()).digest() == leaves[start : start + 32]
            zero = not answer.rows[chosen[root], lo:hi].any()
            breaks = worker in LIARS and isinstance(attack, Equivocate) and not zero
            assert kept != breaks
    torch.testing.assert_close(answer.rows, before, rtol=0, atol=0, equal_nan=True)


def test_an_equivocator_sends_another_row_than_it_committed_to(honest):
    answer = answers(honest, [1], threat=threat(Equivocate(3.0)))
    row = answer.index[1, int(PLAN.held([1])[0])]
    width = honest[0].recompute.layout.size
    assert torch.equal(answer.block([row], 0, width)[0], -3.0 * answer.rows[row])


def test_without_agreement_nothing_is_committed_to(honest):
    worker, _ = honest
    unsaid = replace(worker.recompute, agreement=NoAgreement())
    answer = answers(honest, [0, 1], recompute=unsaid)
    assert answer.commitments(PLAN) == b""
    assert answer.choose([(0, int(PLAN.held([0])[0]))])[1] == b""
