"""What every data set in configs/data must do before and after it is read."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from support import component, members

SETS = members("data")
MORE = {"own": {"make": "own_data.make_data"}}


def needs_files(path):
    return "root" in OmegaConf.load(path)


def made(path, **more):
    return component(path, **MORE.get(path.stem, {}), **more)


def whole(part):
    """All samples of a set, (inputs, targets), as one task."""
    return part.read(np.arange(len(part))[None], np.zeros(1, dtype=np.int64))


@pytest.fixture(params=SETS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_it_is_described_before_it_is_read(path):
    data = made(path)
    assert data.train_size >= 1
    assert data.classes >= 2
    assert data.facts["classes"] == data.classes


def test_a_folder_without_it_is_refused_by_key_value_and_remedy(path, tmp_path):
    if not needs_files(path):
        made(path).check()
        return
    missing = tmp_path / "missing"
    for root in (missing, tmp_path):
        with pytest.raises(ValueError, match=r"set data\.root") as caught:
            component(path, root=str(root)).check()
        assert f"data.root={root}" in str(caught.value)
        assert "data.download=true" in str(caught.value)
    assert not missing.exists()
    component(path, root=str(missing), download=True).check()


def test_what_is_read_is_what_was_described(path):
    if needs_files(path):
        return
    data = made(path)
    train, test = data.load()
    assert len(train) == data.train_size
    for part in (train, test):
        inputs, targets = whole(part)
        assert inputs.shape[1] == targets.shape[1] == len(part)
        if "image" in data.facts:
            assert inputs.shape[2:] == data.facts["image"]
        assert targets.dtype == torch.int64
        assert 0 <= targets.min() <= targets.max() < data.classes


def test_two_readings_give_the_same_bits(path):
    if needs_files(path):
        return
    for first, second in zip(made(path).load(), made(path).load(), strict=True):
        for one, other in zip(whole(first), whole(second), strict=True):
            assert torch.equal(one, other)
