"""Handwritten digits, 8x8: 1797 real images that come with scikit-learn (no download)."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from robusttrain.training.data.base import Images
from robusttrain.training.samples import InMemory, from_images


@dataclass(frozen=True)
class Digits(Images):
    """UCI optical recognition of handwritten digits, 1437 for training and 360 for testing.

    Every fifth image is a test image. Pixels run from 0 to 16. Source: Alpaydin and
    Kaynak (1998), as shipped by `sklearn.datasets.load_digits`.
    """

    image = (1, 8, 8)
    classes = 10
    train_size = 1437

    def load(self) -> tuple[InMemory, InMemory]:
        found = find_spec("sklearn")  # its import, which load_digits needs, takes a second
        assert found is not None
        assert found.origin is not None
        path = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz"
        table = np.loadtxt(path, delimiter=",")
        pixels, targets = table[:, :-1].reshape(-1, *self.image[1:]), table[:, -1].astype(int)
        testing = np.arange(len(targets)) % 5 == 0
        mean, std = (4.884,), (6.017,)
        return (
            from_images(pixels[~testing], targets[~testing], mean, std),
            from_images(pixels[testing], targets[testing], mean, std),
        )
