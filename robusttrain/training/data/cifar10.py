"""CIFAR-10, read through torchvision from a folder that the user has."""

from dataclasses import dataclass
from pathlib import Path

from robusttrain.training.data.base import Images, download_lock
from robusttrain.training.samples import InMemory, from_images


@dataclass(frozen=True)
class Cifar10(Images):
    """50000 training and 10000 test images, 3x32x32, ten classes (Krizhevsky 2009).

    root: str. The folder that holds `cifar-10-batches-py`.
    download: bool. Fetch the data set if it is missing.
    verify: bool. Compare the files with the published checksums.
    ValueError: the folder does not hold the data set, and it may not be downloaded.
    """

    root: str
    download: bool = False
    verify: bool = True

    image = (3, 32, 32)
    classes = 10
    train_size = 50000

    def missing(self) -> list[str]:
        """The batch files that are not below root."""
        folder = Path(self.root, "cifar-10-batches-py")
        names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
        return [name for name in names if not (folder / name).is_file()]

    def check(self) -> None:
        if not self.download and self.missing():
            raise ValueError(
                f"data.root={self.root} does not hold CIFAR-10: it needs the folder "
                f"cifar-10-batches-py with {', '.join(self.missing())}; set data.root to where "
                "it is, or data.download=true"
            )

    def load(self) -> tuple[InMemory, InMemory]:
        from torchvision.datasets import CIFAR10

        class Reader(CIFAR10):
            def _check_integrity(reader) -> bool:
                return super()._check_integrity() if self.verify else not self.missing()

            def _load_meta(reader) -> None:
                """Class names, which nobody asks for, come from a file with a checksum."""

        Path(self.root).mkdir(parents=True, exist_ok=True)
        mean, std = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)
        with download_lock(self.root):
            sets = [Reader(self.root, train=t, download=self.download) for t in (True, False)]
        train, test = (
            from_images(d.data.transpose(0, 3, 1, 2), d.targets, mean, std) for d in sets
        )
        return train, test
