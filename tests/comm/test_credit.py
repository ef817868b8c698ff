"""Credit: 1 % of the time and one deadline; what was waited for several is shared."""

import pytest

from robusttrain.comm.credit import Credit


def test_credit_grows_with_time_and_falls_by_what_was_held_up():
    credit = Credit(50.0, 10.0)
    credit.charge([1], 4.0)
    assert [credit.of(w, 150.0) for w in (0, 1)] == [11.0, 7.0]


def test_what_was_waited_is_shared_by_the_missing():
    credit = Credit(0.0, 10.0)
    credit.charge([1, 2, 3], 3.0)
    credit.charge([3], 2.0)
    assert credit.held == {1: 1.0, 2: 1.0, 3: 3.0}


@pytest.mark.parametrize("missing", [[1], [1, 2], [1, 2, 3]])
def test_the_first_has_none_after_what_lasts(missing):
    credit = Credit(0.0, 10.0)
    credit.charge([1], 4.0)
    lasts = credit.lasts(missing, 0.0)
    credit.charge(missing, 0.9 * lasts)
    assert credit.waited_for(missing, 0.0) == missing
    credit.charge(missing, 0.1 * lasts)
    assert credit.waited_for(missing, 0.0) == missing[1:]


def test_who_has_none_is_told_of_once_and_waited_for_again_in_time():
    credit = Credit(0.0, 10.0)
    credit.charge([4], 10.0)
    assert credit.spent(0.0) == ["worker 4 is not waited for: it has held up the others for 10 s"]
    assert credit.waited_for([4, 5], 0.0) == [5]
    assert credit.waited_for([4, 5], 1.0) == [4, 5]
    credit.charge([4], 1.0)
    assert credit.spent(1.0) == []
