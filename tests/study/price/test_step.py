"""The price table on real ranks, small: every kind of row, its bytes and its phases."""

import pytest
from price_parts import setting_of
from support import ROOT
from torch.distributed.elastic.multiprocessing.subprocess_handler import SubprocessHandler

from robusttrain.study.price import step
from robusttrain.study.price.step import check, measure

BENCH = ROOT / "launch" / "bench.py"


def test_what_does_not_fit_is_refused_before_a_rank_starts(monkeypatch):
    monkeypatch.setattr(step, "start_ranks", lambda *given: pytest.fail("started"))
    with pytest.raises(ValueError, match="batch=30 must be a multiple"):
        measure(setting_of(batch=30), BENCH, [])
    with pytest.raises(ValueError, match="no such row"):
        check(setting_of(rows=("fastest",)))


@pytest.mark.ranks
def test_real_ranks_measure_ddp_and_probes(warm, monkeypatch):
    monkeypatch.setattr(SubprocessHandler, "_popen", lambda _, *given: warm.start_rank(*given))
    rows = ("ddp", "unprobed", "probe:1")
    words = ["step", "--workers=4", "--ranks=2", "--batch=32", "--micro=8", "--steps=2",
             "--repeat=1", "--rows"]  # fmt: skip
    made = measure(setting_of(repeat=1, rows=rows), BENCH, [*words, *rows])
    ddp, unprobed, probed = made
    vector = 4 * setting_of().recipe(step.row_of("ddp")).layout.size
    assert all(price.seconds > 0 and price.cpu_price > 0 for price in made)
    assert not ddp.sent
    assert vector * 4 <= unprobed.sent["pull"] <= vector * 4 + 2000
    assert "claims" not in unprobed.sent
    assert probed.sent["claims"] >= 4 * 32
    assert "recompute" not in unprobed.worker
    assert probed.worker["recompute"] > 0
    assert sum(probed.server.values()) == pytest.approx(probed.seconds, rel=0.5)
