"""Rows of the table."""

from robusttrain.study.sdc.once import Trial
from robusttrain.study.sdc.repeating import Case
from robusttrain.study.sdc.row import HEAD, Count, row
from robusttrain.study.sdc.watch import Effect

WRONG, SEEN = Effect(True, replayed=True), Effect(True, seen=True, replayed=True)
RIGHT, INF = Effect(False), Effect(True, finite=False)


def test_predicted_is_the_share_of_what_changed_and_stayed_finite():
    probes = Count([*[WRONG] * 30, *[SEEN] * 10, *[RIGHT] * 5, INF], named=3)
    products = Count([SEEN] * 20, named=2)
    cells = row(("sum", "once", "sign"), None, probes, products, 0)
    assert cells == [
        "sum", "once", "sign", "46", "41", "1", "-", "3 / 2.0", "10 / 40", "2 / 1.0", "40 / 40",
        "", "0",
    ]  # fmt: skip
    assert len(cells) == len(HEAD)


def test_digests_are_to_name_all_that_changed():
    made = Count([WRONG, RIGHT, INF], named=2)
    assert row(("", "", ""), made, made, made, 1)[6] == "2 / 2"


def test_counts_of_trials_and_of_cases():
    trials = [Trial("sum", "sign", WRONG, caught) for caught in (True, False)]
    assert Count.of_trials(trials).named == 1
    cases = [Case([WRONG, RIGHT], 0, 4, 0), Case([WRONG], 0, None, 0)]
    made = Count.of_cases(cases)
    assert (len(made.effects), made.named, list(made.delays)) == (3, 1, [5])
