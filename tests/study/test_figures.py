"""Figures: what tells one run from another."""

from robusttrain.study.cell import Cell
from robusttrain.study.figures import digest_of


def test_other_overrides_and_other_steps_are_other_words():
    cells = [Cell("a", "b", 0, words) for words in (("x=1", "y=2"), ("x=1", "y=3"))]
    assert len({digest_of(cells[0], []), digest_of(cells[1], []), digest_of(cells[0], [5])}) == 3
