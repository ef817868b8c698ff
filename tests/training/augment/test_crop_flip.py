"""Random crop and flip: every image is a window of its padded self, mirrored or not."""

import pytest
import torch
from torch.nn.functional import pad

from robusttrain.training.augment.crop_flip import CropFlip


def numbered(count, height=6, width=5):
    """Images whose pixels are all different, and none zero."""
    return torch.arange(1, count * 2 * height * width + 1).view(count, 2, height, width)


def windows(image, padding, flip):
    """(top, left, mirrored) -> the window, for all windows of the padded image."""
    height, width = image.shape[-2:]
    around, found = pad(image, (padding,) * 4), {}
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            cut = around[:, top : top + height, left : left + width]
            found[top, left, False] = cut
            if flip:
                found[top, left, True] = cut.flip(-1)
    return found


@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize("flip", [True, False])
def test_every_output_is_a_window_of_the_padded_image(padding, flip):
    images, seen = numbered(4), set()
    for seed in range(25):
        out = CropFlip(padding, flip)(images, seed)
        for image, found in zip(images, out, strict=True):
            options = windows(image, padding, flip)
            (match,) = (key for key, cut in options.items() if torch.equal(cut, found))
            seen.add(match)
    tops, lefts, mirrored = zip(*seen, strict=True)
    assert set(tops) == set(lefts) == set(range(2 * padding + 1))
    assert set(mirrored) == ({True, False} if flip else {False})


def test_images_of_a_task_are_changed_each_in_its_own_way():
    image = numbered(1).expand(40, -1, -1, -1)
    out = CropFlip(3, True)(image, 0)
    assert len({found.numpy().tobytes() for found in out}) > 20


def test_other_seeds_give_other_pixels():
    images = numbered(8)
    assert not torch.equal(CropFlip(3, True)(images, 0), CropFlip(3, True)(images, 1))


@pytest.mark.parametrize("seed", range(5))
def test_no_padding_and_no_flip_changes_nothing(seed):
    assert torch.equal(CropFlip(0, False)(numbered(3), seed), numbered(3))


def test_negative_padding_is_refused():
    with pytest.raises(ValueError, match=r"augment\.padding=-1 must be a whole number >= 0"):
        CropFlip(-1, True)
