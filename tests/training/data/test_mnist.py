"""MNIST in its own format on disk, with made pixels."""

import gzip
import struct

import numpy as np
import pytest
import torch

from robusttrain.training.data.mnist import Mnist


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(root, {name: (images, labels)})."""
    root, rng = tmp_path_factory.mktemp("mnist"), np.random.default_rng(0)
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    parts = {}
    for name, size in (("train", 7), ("t10k", 3)):
        images = rng.integers(256, size=(size, 28, 28), dtype=np.uint8)
        labels = rng.integers(10, size=size, dtype=np.uint8)
        head = struct.pack(">IIII", 0x803, size, 28, 28)
        (raw / f"{name}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">II", 0x801, size)
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
        parts[name] = images, labels
    return root, parts


def test_pixels_and_labels_are_read_exactly(made):
    root, parts = made
    Mnist(str(root)).check()
    for part, (images, labels) in zip(Mnist(str(root)).load(), parts.values(), strict=True):
        assert (part.inputs.dtype, part.targets.dtype) == (torch.uint8, torch.int64)
        np.testing.assert_array_equal(part.inputs.numpy(), images[:, None])
        np.testing.assert_array_equal(part.targets.numpy(), labels)


@pytest.mark.parametrize("lost", ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"])
def test_a_folder_that_lacks_a_file_is_refused(made, tmp_path, lost):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (made[0] / "MNIST" / "raw").iterdir():
        if file.name != lost:
            (raw / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ValueError, match=r"data\.root="):
        Mnist(str(tmp_path)).check()


def test_what_passes_the_check_can_be_read_though_packed(made, tmp_path):
    """Files as they come from the publisher, packed: refused by name, or read."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (made[0] / "MNIST" / "raw").iterdir():
        (raw / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    data = Mnist(str(tmp_path))
    try:
        data.check()
    except ValueError:
        return
    train, test = data.load()
    assert (len(train), len(test)) == (7, 3)
