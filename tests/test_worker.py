"""What a worker rank answers: honest bits shared, forged bits agreed upon, all committed to."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from blake3 import blake3
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch.nn.utils import parameters_to_vector

from robusttrain.agreement.digest import Digest
from robusttrain.agreement.none import NoAgreement
from robusttrain.assignment.subset import Subset
from robusttrain.attack.equivocate import Equivocate
from robusttrain.attack.reversed import Reversed
from robusttrain.augment.none import NoAugment
from robusttrain.core.layout import Layout
from robusttrain.data.synthetic import Synthetic
from robusttrain.model.small_cnn import small_cnn
from robusttrain.objective.base import Gradients
from robusttrain.objective.supervised import Supervised
from robusttrain.planner import Planner
from robusttrain.targets.all import All
from robusttrain.targets.disagreement import Disagreement
from robusttrain.threat import Threat
from robusttrain.who.fixed import Fixed
from robusttrain.worker import Worker

torch.set_num_threads(1)
CONFIGS = Path(__file__).parents[1] / "configs"
ATTACKS = sorted((CONFIGS / "attack").glob("*.yaml"))
IMAGE, CLASSES, WORKERS, BLOCK = (1, 8, 8), 4, 6, 100
LIARS = [1, 4]
PLAN = Planner(Subset(3).holders(WORKERS), 40, 100, 0)(0)


def load(path):
    root = OmegaConf.load(CONFIGS / "train.yaml")
    root.part = OmegaConf.load(path)
    OmegaConf.resolve(root.part)
    return instantiate(root.part, _convert_="all")


def threat(attack=None, knowledge="omniscient", liars=LIARS, targets=None):
    attack, targets = attack or Reversed(100.0), targets or All()
    return Threat(len(liars), knowledge, Fixed(liars), targets, attack, seed=0)


@pytest.fixture(scope="module")
def honest():
    """An honest worker rank for all workers, and its parameters."""
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 4), 8)
    layout = Layout.of(model, BLOCK)
    parameters = parameters_to_vector(model.parameters()).detach()
    train, _ = Synthetic(IMAGE, CLASSES, 100, 1, 1.0).load()
    gradients = Gradients(Supervised(4, "vmap"), model, layout, train, NoAugment())
    hosted = list(range(WORKERS))
    return Worker(hosted, gradients, layout, Digest(), threat(liars=[])), parameters


def answers(honest, hosted, **changes):
    worker, parameters = honest
    return replace(worker, hosted=hosted, **changes).answer(PLAN, parameters)


def copies(found):
    """(worker, task) -> (the row, its root)."""
    return {copy: (found.rows[row], found.roots[row]) for copy, row in found.index.items()}


def test_each_distinct_task_is_computed_once(honest):
    worker, _ = honest
    asked = []

    class Counted:
        def rows(self, parameters, plan, tasks, out):
            asked.append(tasks.tolist())
            return worker.gradients.rows(parameters, plan, tasks, out)

    found = answers(honest, [0, 1, 2], gradients=Counted())
    assert asked == [PLAN.held([0, 1, 2]).tolist()]
    assert len(found.rows) == len(asked[0])
    assert set(found.index) == {(w, t) for w in (0, 1, 2) for t in PLAN.held([w]).tolist()}


def test_an_attack_that_needs_no_knowledge_costs_no_gradients(honest):
    found = answers(honest, [1], threat=threat())
    assert found.honest == len(PLAN.held([1]))
    knowing = answers(honest, [1], threat=threat(load(CONFIGS / "attack" / "alie.yaml")))
    assert knowing.honest == PLAN.tasks


def test_honest_copies_share_bits_and_roots_across_ranks(honest):
    seen = {}
    for hosted in ([0, 1, 2], [3, 4], [5], [0, 5]):
        for (_, task), (row, root) in copies(answers(honest, hosted)).items():
            same_row, same_root = seen.setdefault(task, (row, root))
            assert torch.equal(row, same_row)
            assert root == same_root
    assert len({root for _, root in seen.values()}) == PLAN.tasks


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("knowledge", ["omniscient", "colluders"])
def test_colluders_agree_across_ranks_and_differ_from_the_honest(honest, path, knowledge):
    attack = load(path)
    truth = copies(answers(honest, list(range(WORKERS))))
    lying = threat(attack, knowledge)
    whole = copies(answers(honest, list(range(WORKERS)), threat=lying))
    for ranks in ([[0, 1], [2, 3], [4, 5]], [[1], [4]], [[4, 2, 1]]):
        apart = {}
        for hosted in ranks:
            apart |= copies(answers(honest, hosted, threat=lying))
        for (worker, task), (_, root) in apart.items():
            assert root == whole[worker, task][1]
            committed_to_a_lie = worker in LIARS and not isinstance(attack, Equivocate)
            assert (root != truth[worker, task][1]) == committed_to_a_lie


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_a_liar_on_its_own_needs_nothing_but_its_tasks(honest, path):
    lying = threat(load(path), "own")
    found = answers(honest, [1, 4], threat=lying)
    assert found.honest == len(PLAN.held([1, 4]))
    alone = copies(answers(honest, [1], threat=lying)) | copies(answers(honest, [4], threat=lying))
    assert {copy: root for copy, (_, root) in copies(found).items()} == {
        copy: root for copy, (_, root) in alone.items()
    }


def test_lies_are_told_about_the_targets_only(honest):
    lying = threat(targets=Disagreement(None))
    truth, found = (
        copies(answers(honest, list(range(WORKERS)), threat=who))
        for who in (threat(liars=[]), lying)
    )
    forged = lying.forged(PLAN)
    assert 0 < forged.sum() < PLAN.holders[LIARS].sum()
    for (worker, task), (_, root) in found.items():
        assert (root != truth[worker, task][1]) == forged[worker, task]


def test_commitments_are_the_roots_in_order(honest):
    found = answers(honest, [4, 0], threat=threat())
    roots = found.commitments(PLAN)
    order = [(w, t) for w in (4, 0) for t in PLAN.held([w]).tolist()]
    assert len(roots) == 32 * len(order)
    for i, copy in enumerate(order):
        assert roots[32 * i : 32 * i + 32] == found.roots[found.index[copy]]


def test_leaves_and_roots_are_blake3(honest):
    found = answers(honest, [1, 2], threat=threat())
    for row, leaves in found.leaves.items():
        data = found.rows[row].numpy()
        blocks = [data[lo : lo + BLOCK] for lo in range(0, len(data), BLOCK)]
        assert leaves == b"".join(blake3(block.tobytes()).digest() for block in blocks)
        assert found.roots[row] == blake3(leaves).digest()


def test_rows_that_nobody_asks_for_are_not_hashed(honest):
    found = answers(honest, LIARS, threat=threat())
    assert set(found.leaves) == set(found.index.values())
    assert len(found.leaves) < len(found.rows)


def test_choose_gives_the_rows_and_leaves_of_the_copies(honest):
    found = answers(honest, [1, 2], threat=threat())
    wanted = [(w, int(PLAN.held([w])[i])) for w, i in ((2, 3), (1, 0), (2, 0))]
    chosen, leaves = found.choose(wanted)
    assert chosen == [found.index[copy] for copy in wanted]
    assert leaves == b"".join(found.leaves[row] for row in chosen)


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_blocks_are_what_was_committed_to_unless_the_liar_equivocates(honest, path):
    attack = load(path)
    found = answers(honest, [1, 2], threat=threat(attack))
    wanted = [(2, int(PLAN.held([2])[1])), (1, int(PLAN.held([1])[2]))]
    chosen, leaves = found.choose(wanted)
    before = found.rows.clone()
    for index, (lo, hi) in enumerate(found.worker.layout.blocks):
        block = found.block(chosen, lo, hi)
        assert block.shape == (2, hi - lo)
        for (worker, _), row, root in zip(wanted, block, range(2), strict=True):
            start = 32 * (root * len(found.worker.layout.blocks) + index)
            kept = blake3(row.numpy().tobytes()).digest() == leaves[start : start + 32]
            zero = not found.rows[chosen[root], lo:hi].any()
            breaks = worker in LIARS and isinstance(attack, Equivocate) and not zero
            assert kept != breaks
    assert torch.equal(found.rows, before) or bool(before.isnan().any())


def test_an_equivocator_sends_another_row_than_it_committed_to(honest):
    found = answers(honest, [1], threat=threat(Equivocate(3.0)))
    row = found.index[1, int(PLAN.held([1])[0])]
    width = found.worker.layout.size
    assert torch.equal(found.block([row], 0, width)[0], -3.0 * found.rows[row])


def test_without_agreement_nothing_is_committed_to(honest):
    found = answers(honest, [0, 1], agreement=NoAgreement())
    assert found.commitments(PLAN) == b""
    assert found.choose([(0, int(PLAN.held([0])[0]))])[1] == b""


def test_claims_made_of_the_commitments_show_who_lied(honest):
    roots = {}
    for hosted in ([0, 1, 2], [3, 4, 5]):
        found = answers(honest, hosted, threat=threat())
        sent = np.frombuffer(found.commitments(PLAN), np.uint8).reshape(-1, 32)
        counts = np.cumsum([len(PLAN.held([w])) for w in hosted])[:-1]
        roots |= dict(zip(hosted, np.split(sent, counts), strict=True))
    differ = Digest().claims(PLAN, roots).disagreements()
    lied = np.isin(np.arange(WORKERS), LIARS)
    assert np.array_equal(differ, lied[:, None] != lied)
