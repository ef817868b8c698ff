"""CIFAR-10 in its own format on disk, with made pixels."""

import pickle

import numpy as np
import pytest
import torch

from robusttrain.training.data.cifar10 import Cifar10

BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(root, training images, training labels, test images, test labels)."""
    root, rng = tmp_path_factory.mktemp("cifar"), np.random.default_rng(0)
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    images = rng.integers(256, size=(24, 3, 32, 32), dtype=np.uint8)
    labels = rng.integers(10, size=24)
    for i, name in enumerate(BATCHES):
        batch = {
            "batch_label": name,
            "data": images[4 * i : 4 * i + 4].reshape(4, 3072),
            "labels": labels[4 * i : 4 * i + 4].tolist(),
        }
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    names = {"label_names": [str(i) for i in range(10)], "num_vis": 3072}
    (folder / "batches.meta").write_bytes(pickle.dumps(names, protocol=2))
    return str(root), images[:20], labels[:20], images[20:], labels[20:]


def test_pixels_and_labels_are_read_exactly(made):
    root, *expected = made
    train, test = Cifar10(root, verify=False).load()
    for part, images, labels in zip((train, test), expected[::2], expected[1::2], strict=True):
        assert part.inputs.dtype == torch.uint8
        np.testing.assert_array_equal(part.inputs.numpy(), images)
        np.testing.assert_array_equal(part.targets.numpy(), labels)


def test_the_folder_passes_the_check(made):
    Cifar10(made[0]).check()


def test_files_with_other_checksums_are_refused(made):
    with pytest.raises((ValueError, RuntimeError), match="corrupted"):
        Cifar10(made[0]).load()


def test_a_file_that_is_missing_is_refused(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(ValueError, match=r"data\.root="):
        Cifar10(str(tmp_path)).check()


def test_without_verifying_it_is_still_downloaded_where_it_is_missing(tmp_path, monkeypatch):
    fetched = []
    monkeypatch.setattr(
        "torchvision.datasets.cifar.download_and_extract_archive",
        lambda url, *rest, **more: fetched.append(url),
    )
    with pytest.raises((OSError, RuntimeError)):
        Cifar10(str(tmp_path), download=True, verify=False).load()
    assert len(fetched) == 1


def test_normalisation_is_channel_by_channel_in_red_green_blue(made):
    train, _ = Cifar10(made[0], verify=False).load()
    assert train.mean == (125.3, 123.0, 113.9)
    assert train.std == (63.0, 62.1, 66.7)
