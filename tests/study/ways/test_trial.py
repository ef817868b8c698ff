"""Trials: rows and plain passes are over the same samples."""

import pytest
import torch

from robusttrain.study.ways.trial import Case, Trial

CPU = torch.device("cpu")
CASE = Case("small_cnn", ("data=digits",), tasks=4, samples=3, chunk=2)


def test_the_mean_of_the_rows_is_what_plain_passes_give():
    trial = Trial(CASE, CPU)
    plain = trial.plain().clone()
    for way in ("vmap", "loop", "batched"):
        rows = trial.by(way)
        assert rows.shape == (4, len(plain))
        assert torch.allclose(rows.mean(0), plain, atol=1e-6)
        rows.zero_()


def test_the_way_and_the_chunk_are_those_asked_for():
    trial = Trial(CASE, CPU)
    seen = []
    trial.gradients.rows = lambda *given: seen.append(
        (trial.objective.vectorize, trial.objective.chunk)
    )
    for way in ("loop", "batched"):
        trial.by(way)
    assert seen == [("loop", 2), ("batched", 2)]


def test_a_plain_pass_takes_the_samples_of_a_chunk():
    trial = Trial(CASE, CPU)
    trial.plain()
    sizes = [numbers.size for numbers, _ in trial.sums.micro_batches(trial.whole, 0)]
    assert sizes == [6, 6]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 3, 2), "--tasks 0 must be >= 1"),
        ((4, 0, 2), "--samples 0 must be >= 1"),
        ((4, 3, 1), "--chunk 1 must be from 2 to --tasks 4; use 4"),
        ((4, 3, 8), "--chunk 8 must be from 2 to --tasks 4"),
    ],
)
def test_other_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Case("small_cnn", ("data=digits",), *values)
