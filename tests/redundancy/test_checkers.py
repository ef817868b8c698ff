"""Everyone checks as many as check it, and never itself."""

import pytest

from robusttrain.redundancy.checkers import checkers_of, sources_of


@pytest.mark.parametrize("order", [[], [3], [3, 1], [5, 0, 2, 9, 4]])
@pytest.mark.parametrize("checkers", [0, 1, 2, 4, 7])
def test_everyone_checks_as_many_as_check_it(order, checkers):
    sources, known = sources_of(order, checkers), checkers_of(order, checkers)
    count = max(0, min(checkers, len(order) - 1))
    assert sorted(sources) == sorted(known) == sorted(order)
    for worker in order:
        assert len(set(sources[worker])) == len(sources[worker]) == count
        assert worker not in sources[worker]
        assert set(known[worker]) == {w for w in order if worker in sources[w]}


def test_the_next_in_the_order_are_checked():
    assert sources_of([5, 0, 2, 9], 2) == {5: (0, 2), 0: (2, 9), 2: (9, 5), 9: (5, 0)}
