"""What a worker rank answers: honest bits shared, forged bits agreed upon, all committed to."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_rank import (
    ATTACKS,
    CLASSES,
    IMAGE,
    LATER,
    LIARS,
    PLAN,
    PLANNER,
    WORKERS,
    alie,
    answers,
    commitments,
    copies,
    older,
    threat,
)  # fmt: skip
from support import component

from robusttrain.membership.planner import EVICTED, MEMBER
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.attack.constant import Constant
from robusttrain.threat.attack.equivocate import Equivocate
from robusttrain.threat.attack.label_flip import LabelFlip
from robusttrain.threat.attack.reversed import Reversed
from robusttrain.threat.attack.rop import Rop
from robusttrain.threat.attack.stale import Stale
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.garble import Garble
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.knowledge import KNOWLEDGE
from robusttrain.threat.phases import Phase
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.samples import InMemory
from robusttrain.types import NOBODY

# These commit to the truth, if to anything.
TRUE = (Equivocate,)


def bearable(path, knowledge):
    """Whether the attack may be had with this knowledge."""
    return KNOWLEDGE.index(component(path).needs) <= KNOWLEDGE.index(knowledge)


def cases(*knowledge):
    """Every attack with each of these levels of knowledge that it may be had with."""
    pairs = [(path, level) for path in ATTACKS for level in knowledge if bearable(path, level)]
    return [pytest.param(path, level, id=f"{path.stem}-{level}") for path, level in pairs]


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


@pytest.mark.parametrize("hosted", [[0, 2], [1, 4, 5]])
@pytest.mark.parametrize("attack", [None, alie(), Reversed(2.0)])
def test_what_is_expected_of_a_plan_is_what_is_read_for_it(honest, hosted, attack):
    """A liar that knows more than it holds included; and the rows are the same."""
    log = {"expected": [], "read": []}

    class Logged(InMemory):
        reads_ahead = True

        def expect(self, keys):
            log["expected"].append([numbers.tolist() for numbers, _ in keys])

        def read(self, numbers, seeds):
            log["read"].append(numbers.tolist())
            return super().read(numbers, seeds)

    worker, parameters = honest
    data = worker.recompute.gradients.data
    gradients = copy(worker.recompute.gradients)
    gradients.data = Logged(data.inputs, data.targets, data.mean, data.std)
    liars = threat(liars=[]) if attack is None else threat(attack)
    made = replace(worker, hosted=hosted, threat=liars)
    logged = replace(made, recompute=replace(worker.recompute, gradients=gradients))
    logged.expect(PLAN)
    assert log["read"] == []
    found = logged.answer(PLAN, parameters)
    ahead, again = log["expected"]
    assert ahead == again == log["read"]
    assert torch.equal(found.rows, made.answer(PLAN, parameters).rows)


def test_honest_copies_share_bits_and_roots_across_ranks(honest):
    seen = {}
    for hosted in ([0, 1, 2], [3, 4], [5], [0, 5]):
        for (_, task), (row, root) in copies(answers(honest, hosted)).items():
            same_row, same_root = seen.setdefault(task, (row, root))
            assert torch.equal(row, same_row)
            assert root == same_root
    assert len({root for _, root in seen.values()}) == PLAN.tasks


@pytest.mark.parametrize(("path", "knowledge"), cases("omniscient", "colluders"))
def test_liars_lie_the_same_on_any_rank_and_differ_from_the_honest(honest, path, knowledge):
    """Colluders share their lies; others have their own each, which do not depend on the rank."""
    attack = component(path)
    late = PLANNER(attack.memory)
    past = {"plan": late, "past": attack.memory}
    truth = copies(answers(honest, list(range(WORKERS)), late))
    lying = threat(attack, knowledge)
    whole = copies(answers(honest, list(range(WORKERS)), threat=lying, **past))
    for ranks in ([[0, 1], [4]], [[4, 2, 1]]):
        apart = {}
        for hosted in ranks:
            apart |= copies(answers(honest, hosted, threat=lying, **past))
        for (worker, task), (_, root) in apart.items():
            assert root == whole[worker, task][1]
            committed_to_a_lie = worker in LIARS and not isinstance(attack, TRUE)
            assert (root != truth[worker, task][1]) == committed_to_a_lie
    shared = np.intersect1d(*(late.held([w]) for w in LIARS)).tolist()
    assert shared
    for task in shared:
        first, second = (whole[worker, task][1] for worker in LIARS)
        assert (first == second) == (attack.collusive or isinstance(attack, TRUE))


@pytest.mark.parametrize(("path", "knowledge"), cases("own"))
def test_a_liar_on_its_own_needs_nothing_but_its_tasks(honest, path, knowledge):
    lying = threat(component(path), knowledge)
    found = answers(honest, [1, 4], threat=lying)
    assert found.honest == len(PLAN.held([1, 4]))
    alone = copies(answers(honest, [1], threat=lying)) | copies(answers(honest, [4], threat=lying))
    assert {copy: root for copy, (_, root) in copies(found).items()} == {
        copy: root for copy, (_, root) in alone.items()
    }


def test_lies_are_told_about_the_targets_only(honest):
    lying = threat(target=Disagreement(None))
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
    lying = threat(knowledge=knowledge, target=Disagreement(3))
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


class Spy(Attack):
    """Sends zeros, and keeps what it was shown."""

    needs_known = 1

    def __init__(self, memory=0):
        self.seen, self.back = [], memory

    @property
    def memory(self):
        return self.back

    def forge(self, view):
        self.seen.append(view)
        return torch.zeros_like(view.honest)


@pytest.mark.parametrize(
    ("knowledge", "target"),
    [*((level, Disagreement(None)) for level in KNOWLEDGE), ("omniscient", All())],
)
def test_a_view_holds_the_truth_and_says_which_tasks_are_lied_about(honest, knowledge, target):
    """Of all targets, those that a liar holds."""
    worker, parameters = honest
    truth = torch.empty(PLAN.tasks, worker.recompute.layout.size)
    worker.recompute.gradients.rows(parameters, PLAN, np.arange(PLAN.tasks), truth)
    spy = Spy()
    lying = replace(threat(spy, knowledge, target=target), seed=7)
    answers(honest, [1, 2], threat=lying)
    (view,) = spy.seen
    forged = np.flatnonzero(lying.forged(PLAN).any(axis=1))
    _, known = next(lying.groups(PLAN, [1]))
    assert view.tasks.tolist() == np.intersect1d(PLAN.held([1]), forged).tolist()
    assert torch.equal(view.honest, truth[view.tasks])
    assert torch.equal(view.known, truth[known])
    assert view.spared.tolist() == [t not in forged for t in known]
    assert 0 < view.spared.sum() < len(known)
    assert torch.equal(view.benign, truth[np.setdiff1d(known, forged)])
    assert (view.omniscient, view.forged) == (knowledge == "omniscient", len(forged))
    assert (view.workers, view.byzantine, view.step, view.seed) == (WORKERS, 2, 0, 7)
    assert (view.worker, view.previous) == (None, None)


def test_a_lone_attack_is_told_who_it_is_and_knows_its_own_tasks_only(honest):
    spy = Spy()
    spy.collusive = False
    answers(honest, [1, 4, 5], threat=threat(spy, "omniscient"))
    assert [view.worker for view in spy.seen] == LIARS
    assert [len(view.known) for view in spy.seen] == [len(PLAN.held([w])) for w in LIARS]


def test_the_past_is_what_was_computed_then_and_is_forgotten_in_time(honest):
    worker, parameters = honest
    spy = Spy(memory=2)
    liar = replace(worker, hosted=[1], threat=threat(spy))
    for step in range(4):
        liar.answer(PLANNER(step), older(parameters, -step))
        assert sorted(liar.history) == list(range(max(step - 2, 0), step + 1))
    first, _, _, last = spy.seen
    assert first.previous is None
    assert first.earlier(1) is None
    assert torch.equal(last.previous, older(parameters, -2) - older(parameters, -3))
    for steps in (1, 2):
        expected = torch.empty_like(last.honest)
        then = PLANNER(3 - steps)
        at = older(parameters, steps - 3)
        worker.recompute.gradients.rows(at, then, last.tasks, expected)
        assert torch.equal(last.earlier(steps), expected)
    with pytest.raises(AssertionError):
        last.earlier(3)


def test_the_past_is_kept_though_the_parameters_are_overwritten_and_only_if_it_is_wanted(honest):
    worker, parameters = honest
    stale, spy = (replace(worker, threat=threat(attack)) for attack in (Stale(1), Spy()))
    nobody = replace(worker, threat=threat(Stale(1), liars=[]))
    changing = parameters.clone()
    for one in (stale, spy, nobody):
        one.remember(PLAN, changing)
    changing.zero_()
    assert torch.equal(stale.history[0][1], parameters)
    assert spy.history == nobody.history == {}


def test_stale_rows_are_bit_for_bit_what_an_honest_worker_sent_so_many_steps_ago(honest):
    worker, parameters = honest
    everyone = list(range(WORKERS))
    sent = copies(replace(worker, hosted=everyone).answer(PLANNER(3), older(parameters, 2)))
    lying = {"threat": threat(Stale(2)), "past": 3}
    found = copies(answers(honest, everyone, PLANNER(5), **lying))
    for worker, task in found:
        if worker in LIARS:
            assert found[worker, task][1] == sent[worker, task][1]
    early = copies(answers(honest, everyone, PLANNER(1), threat=threat(Stale(2)), past=1))
    truth = copies(answers(honest, everyone, PLANNER(1)))
    assert {k: root for k, (_, root) in early.items()} == {k: r for k, (_, r) in truth.items()}


def test_stale_rows_of_a_task_that_did_not_exist_are_those_of_another(honest):
    """A scheme for fewer workers may have more tasks, or fewer."""
    worker, parameters = honest
    spy = Spy(memory=1)
    liar = replace(worker, hosted=[1], threat=threat(spy))
    teams = np.array([[0, 1, 2], [1, 2, 3]])
    small = replace(PLANNER(0), teams=teams, samples=PLAN.samples[:2], seeds=PLAN.seeds[:2])
    liar.remember(small, parameters)
    liar.answer(PLANNER(1), parameters)
    (view,) = spy.seen
    rows = torch.empty(2, worker.recompute.layout.size)
    worker.recompute.gradients.rows(parameters, small, np.arange(2), rows)
    assert torch.equal(view.earlier(1), rows[view.tasks % 2])


def test_rop_is_told_by_two_broadcasts_how_the_parameters_moved(honest):
    _, parameters = honest
    moved = parameters - older(parameters, 1)
    attack = Rop(0.0, 1.0, 0.9, 270.0, 0.5)
    found = copies(answers(honest, [1], PLANNER(1), past=1, threat=threat(attack)))
    for row, _ in found.values():
        torch.testing.assert_close(row, -2 * moved)


def test_flipped_labels_are_what_the_gradients_are_of(honest):
    worker, parameters = honest
    gradients = worker.recompute.gradients
    labels = gradients.data.targets.clone()
    whole = answers(honest, [1, 2], threat=threat(LabelFlip()))
    assert torch.equal(gradients.data.targets, labels), "the truth is poisoned"
    data = replace(gradients.data, targets=CLASSES - 1 - labels)
    model = small_cnn(IMAGE, CLASSES, (4, 4), 8)
    other = Gradients(gradients.objective, model, gradients.layout, data, gradients.augment)
    rows = torch.empty(PLAN.tasks, gradients.layout.size)
    other.rows(parameters, PLAN, np.arange(PLAN.tasks), rows)
    for (liar, task), (row, _) in copies(whole).items():
        assert torch.equal(row, rows[task]) == (liar == 1)


def test_two_workers_with_a_fault_never_have_the_same_one(honest):
    flips = damaging(*((liar, 0, Garble()) for liar in LIARS))
    claims = commitments(honest, PLAN, ([0, 1, 2], [3, 4, 5]), threat=flips).claims()
    for team, classes in zip(PLAN.teams.tolist(), claims.classes.tolist(), strict=True):
        wrong = [slot for slot, worker in enumerate(team) if worker in LIARS]
        assert all(classes.count(classes[slot]) == 1 for slot in wrong)


def test_a_shadow_copy_that_is_a_lie_does_not_make_its_task_one_that_is_lied_about(honest):
    spy = Spy()
    lying = threat(spy, liars=[4])  # who is on probation
    answers(honest, [4], LATER, threat=lying)
    (view,) = spy.seen
    assert view.tasks.tolist() == LATER.held([4]).tolist()
    assert view.forged == 0
    assert view.spared.all()


def damaging(*planned):
    """An honest threat with faults (worker, step, fault) of what is computed."""
    phase = Phase("gradient", "computed")
    faults = Faults([Planned(w, t, phase, fault) for w, t, fault in planned])
    return replace(threat(liars=[]), faults=faults)


def test_a_damaged_gradient_is_the_workers_alone_and_what_it_commits_to(honest):
    truth = copies(answers(honest, [0, 1, 2]))
    found = copies(answers(honest, [0, 1, 2], threat=damaging((1, 0, Garble()))))
    for (worker, task), (row, root) in found.items():
        right, its_root = truth[worker, task]
        assert torch.equal(row.view(torch.int32), right.view(torch.int32)) == (worker != 1)
        assert (root == its_root) == (worker != 1)


def test_one_flip_changes_one_bit_of_one_row(honest):
    truth = copies(answers(honest, [0, 1, 2]))
    found = copies(answers(honest, [0, 1, 2], threat=damaging((1, 0, BitFlip()))))
    wrong = [copy for copy in found if found[copy][1] != truth[copy][1]]
    ((worker, _),) = wrong
    assert worker == 1
    words = found[wrong[0]][0].view(torch.int32) ^ truth[wrong[0]][0].view(torch.int32)
    assert sum(bin(word & 0xFFFFFFFF).count("1") for word in words.tolist()) == 1


def test_several_faults_strike_one_row_in_turn(honest):
    """What is garbled after a bit was stuck does not depend on it."""
    both = damaging((1, 0, Stuck(0, 30, 0)), (1, 0, Garble()), (2, 0, Stuck(0, 31, 0)))
    found = copies(answers(honest, [0, 1, 2], threat=both))
    alone = copies(answers(honest, [0, 1, 2], threat=damaging((1, 0, Garble()))))
    assert all(found[copy][1] == alone[copy][1] for copy in found if copy[0] == 1)
    assert all(found[copy][0][0] >= 0 for copy in found if copy[0] == 2)


def test_a_lie_takes_the_place_of_a_damaged_row(honest):
    lying = threat(Constant(3.0), liars=[1])
    both = replace(lying, faults=damaging((1, 0, Garble()), (2, 0, Garble())).faults)
    found, lies = (copies(answers(honest, [1, 2], threat=t)) for t in (both, lying))
    for (worker, task), (_, root) in found.items():
        assert (root == lies[worker, task][1]) == (worker == 1)
