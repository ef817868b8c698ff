"""The whole table, as small as it gets."""

from robusttrain.study.sdc import once, repeating, table
from robusttrain.study.sdc.kinds import BITS, KINDS
from robusttrain.study.sdc.repeating import OFTEN, Case
from robusttrain.study.sdc.watch import Effect


def test_a_row_for_each_kind_and_group_of_bits_and_each_that_comes_back(monkeypatch):
    asked = []

    def case(way, kind, how, steps, seed):
        asked.append((way, kind, how, steps, seed))
        return Case([Effect(True)], 0, 0, 0)

    monkeypatch.setattr(table, "one_case", case)
    monkeypatch.setattr(table, "trials", lambda way, runs, seed: once.Trials([], 0))
    made = table.sdc_table(runs=1, cases=2, steps=3)
    assert made.row_count == len(KINDS) * len(BITS) + 1 + len(KINDS) * len(OFTEN)
    assert len(set(asked)) == len(asked) == 2 * len(OFTEN) * (3 * len(KINDS) - 1)
    assert repeating.one_case is not case


def test_the_notes_say_the_price_and_what_is_predicted():
    assert "digests of rows 3; probes and products 1 + share x checkers = 1.05" in table.PRICES
    assert "t=14 0.51" in table.THEORY
