"""Two runs compared."""

import pytest
import torch

from robusttrain.study.survival.compared import difference, equal

LINE = {"kind": "step", "step": 3, "seconds": 0.1, "bytes_to_server": 5, "convicted": [1],
        "first_convicted": ["worker 1 on rank 1 (vm, cpu, pid 7): lied"]}  # fmt: skip


def test_times_bytes_and_processes_are_no_difference():
    other = LINE | {"seconds": 2.0, "bytes_to_server": 9,
                    "first_convicted": ["worker 1 on rank 1 (vm, cpu, pid 8): lied"]}  # fmt: skip
    assert difference([LINE], [other]) == ""


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([LINE | {"convicted": []}], "step 3: convicted [1] against []"),
        ([LINE | {"first_convicted": []}], "step 3: first_convicted ['worker 1: lied'] against []"),
        ([], "step 3: convicted [1] against None"),
    ],
)
def test_the_first_difference_is_named(other, said):
    assert difference([LINE], other) == said


def test_parameters_are_compared_bit_by_bit(tmp_path):
    for name, value in (("one", 1.0), ("same", 1.0), ("other", 1.0 + 2**-23)):
        torch.save({"weight": torch.tensor([value])}, tmp_path / name)
    assert equal(tmp_path / "one", tmp_path / "same")
    assert not equal(tmp_path / "one", tmp_path / "other")
