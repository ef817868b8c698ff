"""Made images of any shape: for timing large models where no data set is at hand."""

from dataclasses import dataclass

import numpy as np

from robusttrain.rng import stream
from robusttrain.training.data.base import Images
from robusttrain.training.samples import InMemory, from_images


@dataclass(frozen=True)
class Synthetic(Images):
    """Each class is a fixed random image; a sample is its class's image plus noise.

    image: (C, H, W); classes >= 2; train_size, test_size >= 1 samples; noise >= 0: the
    standard deviation of the noise over that of the class images. An easy task: it shows
    that training works and what a step costs, not how good a defence is.
    """

    image: tuple[int, int, int]
    classes: int
    train_size: int
    test_size: int
    noise: float
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = (*self.image, self.classes - 1, self.train_size, self.test_size)
        if len(self.image) != 3 or min(sizes) < 1 or self.noise < 0:
            raise ValueError(
                f"data={self}: image must be three sizes >= 1, classes >= 2, train_size and "
                "test_size >= 1, noise >= 0; use [3, 32, 32], 10, 5000, 1000 and 1.0"
            )

    def load(self) -> tuple[InMemory, InMemory]:
        centres = stream(self.seed, "synthetic").normal(size=(self.classes, *self.image))
        return self._draw("train", self.train_size, centres), self._draw(
            "test", self.test_size, centres
        )

    def _draw(self, name: str, size: int, centres: np.ndarray) -> InMemory:
        rng = stream(self.seed, "synthetic", name)
        labels = rng.integers(self.classes, size=size)
        images = centres[labels] + self.noise * rng.normal(size=(size, *self.image))
        channels = self.image[0]
        pixels = (128 + 32 * images).clip(0, 255)
        return from_images(pixels, labels, (128.0,) * channels, (32.0,) * channels)
