"""Tables of constants and of held-out points."""

import numpy as np
from predict_parts import TRUE
from rich.console import Console

from robusttrain.study.predict.equation import CONSTANTS
from robusttrain.study.predict.fit import Fitted
from robusttrain.study.predict.judge import Judged
from robusttrain.study.predict.tables import MEANING, constants_table, judged_table, summary

JUDGED = [Judged("gpt: ddp", 0.1, 0.11), Judged("gpt: digest", 0.2, 0.14)]


def text(table) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        console.print(table)
    return shown.get()


def test_every_constant_has_a_meaning_and_a_value_if_it_is_known():
    assert set(MEANING) == set(CONSTANTS)
    known = np.array([name != "ring" for name in CONSTANTS])
    lines = text(constants_table(Fitted(TRUE, known), "made up")).splitlines()
    flop, ring = (next(line for line in lines if f"│ {n} " in line) for n in ("flop", "ring"))
    assert "10 GFLOP/s" in flop
    assert "GB/s" not in ring


def test_points_beyond_the_limit_are_marked():
    lines = text(judged_table(JUDGED, "made up")).splitlines()
    ddp, digest = (next(line for line in lines if n in line) for n in ("ddp", "digest"))
    assert "100 " in ddp
    assert "+10%" in ddp
    assert "beyond" not in ddp
    assert "-30% │ beyond 20%" in digest


def test_the_summary_counts_and_names_the_worst():
    assert summary(JUDGED, "held out") == (
        "1 of 2 points that were held out are within 20%; the largest error is -30% (gpt: digest)."
    )
    assert summary([], "held out") == "No points were held out."
