"""What every data set in configs/data must do before and after it is read."""

import pytest
import torch
from omegaconf import OmegaConf
from support import component, members

SETS = members("data")


def needs_files(path):
    return "root" in OmegaConf.load(path)


@pytest.fixture(params=SETS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_it_is_described_before_it_is_read(path):
    data = component(path)
    assert len(data.image) == 3
    assert all(side >= 1 for side in data.image)
    assert data.classes >= 2
    assert data.train_size >= 1


def test_a_folder_without_it_is_refused_by_key_value_and_remedy(path, tmp_path):
    if not needs_files(path):
        component(path).check()
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
    data = component(path)
    train, test = data.load()
    assert len(train) == data.train_size
    for part in (train, test):
        assert part.images.shape == (len(part), *data.image)
        assert (part.images.dtype, part.labels.dtype) == (torch.uint8, torch.int64)
        assert 0 <= part.labels.min() <= part.labels.max() < data.classes
        assert len(part.mean) == len(part.std) == data.image[0]


def test_two_readings_give_the_same_bits(path):
    if needs_files(path):
        return
    for first, second in zip(component(path).load(), component(path).load(), strict=True):
        assert torch.equal(first.images, second.images)
        assert torch.equal(first.labels, second.labels)
