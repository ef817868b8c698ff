"""Data sets: samples for training and testing, described before they are read."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from filelock import FileLock

from robusttrain.training.samples import Samples


class Data(ABC):
    """A data set that is described before it is read.

    train_size: int. Number of training samples.
    classes: int or None. Targets are 0..classes-1; None: they are not classes.
    in_turn: bool. The samples come as batches, in the order in which they are used; else they
        are shuffled in every epoch.
    """

    train_size: int
    classes: int | None
    in_turn: ClassVar[bool] = False

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What a model may ask for by the names of its arguments, such as `image` and `classes`."""

    def check(self) -> None:
        """Raise ValueError, naming the key and the remedy, if `load` could not succeed."""
        return

    def sign(self) -> str:
        """A text that two ranks have in common iff they have the same data, as far as is cheap."""
        return ""

    @abstractmethod
    def load(self) -> tuple[Samples, Samples | None]:
        """(training set, test set or None), on the CPU."""


class Images(Data):
    """A data set of images with classes.

    image: (C, H, W), ints.
    classes: int.
    """

    image: tuple[int, int, int]
    classes: int

    @property
    def facts(self) -> dict[str, Any]:
        return {"image": tuple(self.image), "classes": self.classes}


def download_lock(root: str) -> FileLock:
    """One rank of a machine downloads into `root`; the others wait and find it done."""
    return FileLock(f"{root}/.robusttrain.lock", timeout=3600)
