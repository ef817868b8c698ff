"""Kills, and what they cost, on hand-made metrics."""

from robusttrain.study.survival.kills import Kill, costs, planned

HOSTS = {1: [0, 1], 2: [2]}


def test_kills_take_phases_and_ranks_in_turn():
    kills = planned(("a", "b", "c"), 4, HOSTS, first=3, every=10)
    assert [(k.step, k.phase, k.rank, k.workers) for k in kills] == [
        (3, "a", 1, [0, 1]), (13, "b", 2, [2]), (23, "c", 1, [0, 1]), (33, "a", 2, [2]),
    ]  # fmt: skip
    assert kills[1].fault == "{worker: 2, step: 13, phase: b, do: sigkill}"


def test_a_cost_counts_from_the_kill_to_the_step_in_which_all_are_back(lines):
    steps = lines([[], [0, 1], [1], [], [], []], {1: 0.4, 4: 9.0})
    (cost,) = costs([Kill(1, "a", 1, [0, 1])], steps)
    assert (cost.silent, cost.back) == (2, 2)
    assert round(cost.lost, 6) == 0.3  # over the median of the steps in which nobody is silent
    assert round(cost.seconds, 6) == 0.5


def test_a_rank_that_had_answered_before_its_kill_is_silent_from_the_next_step_on(lines):
    (cost,) = costs([Kill(1, "a", 1, [0, 1])], lines([[], [], [0], []]))
    assert (cost.silent, cost.back) == (1, 2)


def test_others_that_are_silent_do_not_count_and_one_that_never_comes_back_does(lines):
    one, two = costs(
        [Kill(1, "a", 1, [0, 1]), Kill(2, "b", 2, [2])], lines([[], [0], [2], [2], [2]])
    )
    assert (one.silent, one.back) == (1, 1)
    assert (two.silent, two.back) == (3, None)
