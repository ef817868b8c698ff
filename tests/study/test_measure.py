"""One cell is measured as any run on its overrides is, after each of several steps."""

from support import PUBLIC, SMALL

from robusttrain.study.cell import Cell
from robusttrain.study.measure import measure

LIAR = [
    "threat.byzantine=1", "target=all", "assignment=single", "agreement=none", "detector=none"
]  # fmt: skip
CELL = Cell("one liar", "mean", 0, (*SMALL, PUBLIC, *LIAR, "seed=0"))


def test_a_cell_measures_what_a_run_on_these_overrides_does(simulated):
    figures = measure(CELL, [2, 3])
    run = simulated(*CELL.words)
    assert [f.step for f in figures] == [2, 3]
    assert figures[1].measures["accuracy"] == run.summary["test_accuracy"]
    assert figures[1].measures["loss"] == run.summary["test_loss"]
    assert figures[1].measures["forged"] == run.summary["distorted_fraction_mean"] > 0
    assert figures[0].measures["loss"] != figures[1].measures["loss"]
