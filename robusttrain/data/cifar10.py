"""CIFAR-10, read through torchvision from a folder that the user has."""

from dataclasses import dataclass
from pathlib import Path

from robusttrain.data.base import Data, Split, download_lock, split


@dataclass(frozen=True)
class Cifar10(Data):
    """50000 training and 10000 test images, 3x32x32, ten classes (Krizhevsky 2009).

    root: the folder that holds `cifar-10-batches-py`; download: fetch it if it is missing;
    verify: compare the files with the published checksums. Raises ValueError if the folder
    does not hold the data set and may not be downloaded.
    """

    root: str
    download: bool = False
    verify: bool = True

    image = (3, 32, 32)
    classes = 10
    train_size = 50000

    def check(self) -> None:
        if not self.download and not Path(self.root, "cifar-10-batches-py").is_dir():
            raise ValueError(
                f"data.root={self.root} does not hold CIFAR-10: it needs the folder "
                "cifar-10-batches-py; set data.root to where it is, or data.download=true"
            )

    def load(self) -> tuple[Split, Split]:
        from torchvision.datasets import CIFAR10

        class Reader(CIFAR10):
            def _check_integrity(reader) -> bool:
                return not self.verify or super()._check_integrity()

        Path(self.root).mkdir(parents=True, exist_ok=True)
        mean, std = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)
        with download_lock(self.root):
            sets = [Reader(self.root, train=t, download=self.download) for t in (True, False)]
        train, test = (split(d.data.transpose(0, 3, 1, 2), d.targets, mean, std) for d in sets)
        return train, test
