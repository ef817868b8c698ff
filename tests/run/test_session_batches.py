"""The server of a session recomputes from the batches of the loop, or not at all."""

import pytest

from robusttrain.config.recipe import recipe
from robusttrain.run import session_batches as module
from robusttrain.run.session_batches import as_in_loop, check_batches, check_tolerance
from robusttrain.training.digest import digest

PROBE = ("agreement=probe", "assignment=single", "preaggregator=[]", "aggregator=median")


@pytest.mark.parametrize(
    ("words", "auditor", "given", "says"),
    [
        (("detector=none", *PROBE), 0, False, "agreement=probe with audit.rank=0 .* no batches"),
        (("detector=audit",), 0, False, "detector=audit with audit.rank=0 .* or set audit.rank=1"),
        (("detector=none", *PROBE), 0, True, None),
        (("detector=none", *PROBE), 2, False, None),
        (("detector=audit",), 2, False, None),
        (("detector=cover",), 0, False, None),
    ],
)
def test_who_recomputes_at_the_server_needs_batches(configure, words, auditor, given, says):
    checked = recipe(configure("threat.byzantine=0", *words))
    if says is None:
        check_batches(checked, auditor, given)
        return
    with pytest.raises(ValueError, match=says):
        check_batches(checked, auditor, given)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ((), False),
        (("probe.claim=product",), True),
        (("probe.claim=product", "probe.tolerance=0.03"), False),
    ],
)
def test_no_tolerance_is_measured_before_there_is_a_batch(configure, words, refused):
    checked = recipe(configure("detector=none", "threat.byzantine=0", *PROBE, *words))
    if not refused:
        check_tolerance(checked)
        return
    with pytest.raises(ValueError, match=r"probe.tolerance=auto .*; set probe.tolerance=0.03"):
        check_tolerance(checked)


@pytest.fixture
def told(monkeypatch):
    """Rank 1 has told that its first batch is [1, 2]."""
    monkeypatch.setattr(module, "meeting_place", lambda seconds: None)
    monkeypatch.setattr(module, "apart", lambda store, about: None)
    monkeypatch.setattr(module, "as_rank_1", lambda s, rank, said, w: said == digest([1, 2]))


def test_the_batches_of_the_loop_come_whole_and_are_read_when_they_are_needed(told):
    coming = iter([[1, 2], [3, 4], [5, 6]])
    batches = as_in_loop(coming, 1.0)
    assert (next(batches), next(batches)) == ([1, 2], [3, 4])
    assert next(coming) == [5, 6]


@pytest.mark.parametrize(("given", "says"), [([], "has no batch"), ([[2, 1]], "draw the same")])
def test_other_batches_are_refused(told, given, says):
    with pytest.raises(ValueError, match=says):
        as_in_loop(given, 1.0)
