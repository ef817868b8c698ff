"""What a worker rank answers: honest bits shared, forged bits agreed upon, all committed to."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from blake3 import blake3
from support import component, members
from torch.nn.utils import parameters_to_vector

from robusttrain.agreement.base import Commitments
from robusttrain.agreement.digest import Digest
from robusttrain.agreement.none import NoAgreement
from robusttrain.assignment.subset import Subset
from robusttrain.attack.equivocate import Equivocate
from robusttrain.attack.reversed import Reversed
from robusttrain.augment.none import NoAugment
from robusttrain.core.layout import Layout
from robusttrain.core.types import NOBODY
from robusttrain.data.synthetic import Synthetic
from robusttrain.model.small_cnn import small_cnn
from robusttrain.objective.base import Gradients
from robusttrain.objective.supervised import Supervised
from robusttrain.planner import EVICTED, MEMBER, PROBATION, Planner
from robusttrain.recompute import Recompute
from robusttrain.succession import Scheme
from robusttrain.targets.all import All
from robusttrain.targets.disagreement import Disagreement
from robusttrain.threat import Threat
from robusttrain.who.fixed import Fixed
from robusttrain.worker import Worker

torch.set_num_threads(1)
ATTACKS = members("attack")
IMAGE, CLASSES, WORKERS, BLOCK = (1, 8, 8), 4, 6, 100
LIARS = [1, 4]
PLANNER = Planner(Scheme(Subset(3), WORKERS, tuple(range(WORKERS)), 2), 40, 100, 0, shadows=8)
PLAN = PLANNER(0)
# 4 has been caught and is on probation: all that it computes are shadows.
LATER = PLANNER(1, np.array([MEMBER] * 4 + [PROBATION, MEMBER], np.uint8))


def alie():
    return component(next(path for path in ATTACKS if path.stem == "alie"))


def threat(attack=None, knowledge="omniscient", liars=LIARS, targets=None):
    attack, targets = attack or Reversed(100.0), targets or All()
    return Threat(len(liars), knowledge, Fixed(liars), targets, attack, seed=0, start=PLAN)


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
    recompute = Recompute(gradients, layout, Digest())
    return Worker(hosted, recompute, threat(liars=[])), parameters


def answers(honest, hosted, plan=PLAN, **changes):
    worker, parameters = honest
    return replace(worker, hosted=hosted, **changes).answer(plan, parameters)


def commitments(honest, plan, ranks, **changes):
    """What the server makes of the commitments of these ranks."""
    roots = {}
    for hosted in ranks:
        found = answers(honest, hosted, plan, **changes)
        sent = np.frombuffer(found.commitments(plan), np.uint8).reshape(-1, 32)
        counts = np.cumsum([len(plan.held([w])) for w in hosted])[:-1]
        roots |= dict(zip(hosted, np.split(sent, counts), strict=True))
    return Commitments.of(plan, roots, 32)


def copies(found):
    """(worker, task) -> (the row, its root)."""
    return {copy: (found.rows[row], found.roots[row]) for copy, row in found.index.items()}


def test_each_distinct_task_is_computed_once(honest):
    worker, _ = honest
    asked = []

    class Counted:
        def rows(self, parameters, plan, tasks, out):
            asked.append(tasks.tolist())
            return worker.recompute.gradients.rows(parameters, plan, tasks, out)

    counted = replace(worker.recompute, gradients=Counted())
    found = answers(honest, [0, 1, 2], recompute=counted)
    assert asked == [PLAN.held([0, 1, 2]).tolist()]
    assert len(found.rows) == len(asked[0])
    assert set(found.index) == {(w, t) for w in (0, 1, 2) for t in PLAN.held([w]).tolist()}


def test_an_attack_that_needs_no_knowledge_costs_no_gradients(honest):
    found = answers(honest, [1], threat=threat())
    assert found.honest == len(PLAN.held([1]))
    knowing = answers(honest, [1], threat=threat(alie()))
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
    attack = component(path)
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
    lying = threat(component(path), "own")
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
    assert 0 < forged.sum() < np.isin(PLAN.teams, LIARS).sum()
    assert len(found) == PLAN.teams.size
    for (worker, task), (_, root) in found.items():
        lied = bool(forged[task][PLAN.teams[task] == worker])
        assert (root != truth[worker, task][1]) == lied


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
    attack = component(path)
    found = answers(honest, [1, 2], threat=threat(attack))
    wanted = [(2, int(PLAN.held([2])[1])), (1, int(PLAN.held([1])[2]))]
    chosen, leaves = found.choose(wanted)
    before = found.rows.clone()
    for index, (lo, hi) in enumerate(found.worker.recompute.layout.blocks):
        block = found.block(chosen, lo, hi)
        assert block.shape == (2, hi - lo)
        for (worker, _), row, root in zip(wanted, block, range(2), strict=True):
            start = 32 * (root * len(found.worker.recompute.layout.blocks) + index)
            kept = blake3(row.numpy().tobytes()).digest() == leaves[start : start + 32]
            zero = not found.rows[chosen[root], lo:hi].any()
            breaks = worker in LIARS and isinstance(attack, Equivocate) and not zero
            assert kept != breaks
    assert torch.equal(found.rows, before) or bool(before.isnan().any())


def test_an_equivocator_sends_another_row_than_it_committed_to(honest):
    found = answers(honest, [1], threat=threat(Equivocate(3.0)))
    row = found.index[1, int(PLAN.held([1])[0])]
    width = found.worker.recompute.layout.size
    assert torch.equal(found.block([row], 0, width)[0], -3.0 * found.rows[row])


def test_without_agreement_nothing_is_committed_to(honest):
    worker, _ = honest
    unsaid = replace(worker.recompute, agreement=NoAgreement())
    found = answers(honest, [0, 1], recompute=unsaid)
    assert found.commitments(PLAN) == b""
    assert found.choose([(0, int(PLAN.held([0])[0]))])[1] == b""


def test_claims_made_of_the_commitments_show_who_lied(honest):
    said = commitments(honest, PLAN, ([0, 1, 2], [3, 4, 5]), threat=threat())
    lied = np.isin(np.arange(WORKERS), LIARS)
    assert np.array_equal(said.claims().disagreements, lied[:, None] != lied)


def test_shadow_copies_are_computed_and_committed_to_in_the_order_of_the_tasks(honest):
    shadows = LATER.shadows[:, 1].tolist()
    assert len(shadows) == 8
    assert LATER.held([4]).tolist() == shadows
    found = answers(honest, [4, 0], LATER)
    assert {(4, task) for task in shadows} == {copy for copy in found.index if copy[0] == 4}
    roots = found.commitments(LATER)
    for i, task in enumerate(shadows):
        assert roots[32 * i : 32 * i + 32] == found.roots[found.index[4, task]]
    assert len(roots) == 32 * (8 + len(LATER.held([0])))


def test_an_honest_worker_on_probation_agrees_with_the_others(honest):
    claims = commitments(honest, LATER, ([0, 1, 2], [3, 4, 5])).claims()
    assert claims.shadows.tolist() == [0] * 8
    assert not claims.disagreements.any()


@pytest.mark.parametrize("knowledge", ["own", "omniscient"])
def test_a_liar_on_probation_lies_about_the_targets_with_its_accomplices(honest, knowledge):
    """The other liar, 1, says the same of the tasks that both compute."""
    lying = threat(knowledge=knowledge, targets=Disagreement(3))
    claims = commitments(honest, LATER, ([0, 1, 2], [3, 4, 5]), threat=lying).claims()
    forged, targeted = lying.forged(LATER), lying.targeted(LATER)
    assert set(LATER.teams[targeted][:, 0]) == {0, 1}  # 0, 2, 3 alone and with 1
    seen = set()
    for (worker, task), said in zip(LATER.shadows.tolist(), claims.shadows, strict=True):
        assert worker == 4
        team = LATER.teams[task].tolist()
        seen.add((bool(targeted[task]), 1 in team))
        if not targeted[task]:
            assert said == 0
        elif 1 in team:
            assert forged[task, team.index(1)]
            assert said == claims.classes[task, team.index(1)]
        else:
            assert said == NOBODY
    assert len(seen) == 4
    others = claims.classes[~forged.any(axis=1)]
    assert not others.any()


def test_a_worker_that_is_out_commits_to_nothing(honest):
    plan = PLANNER(1, np.array([MEMBER] * 4 + [EVICTED, MEMBER], np.uint8))
    for changes in ({}, {"threat": threat()}, {"threat": threat(alie())}):
        assert answers(honest, [4], plan, **changes).commitments(plan) == b""
