"""Paces: one credit for a run, and a first step in which nobody is judged."""

from robusttrain.comm.paces import Paces


def test_a_run_has_one_credit_and_its_first_step_judges_nobody():
    paces = Paces(True)
    first, second = paces.of_step(3.0, 9.0), paces.of_step(7.0, 9.0)
    assert first.credit is second.credit
    assert (first.judges, second.judges) == (False, True)
    assert (second.start, second.deadline, second.credit.start) == (7.0, 9.0, 3.0)
    second.credit.charge([4], 20.0)
    assert paces.spent(7.0) == ["worker 4 is not waited for: it has held up the others for 20 s"]


def test_to_the_deadline_nothing_is_charged():
    paces = Paces(False)
    assert [paces.of_step(now, 9.0).credit for now in (0.0, 1.0)] == [None, None]
    assert paces.spent(100.0) == []
