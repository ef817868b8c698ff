"""MNIST, read through torchvision from a folder that the user has."""

from dataclasses import dataclass
from pathlib import Path

from robusttrain.training.data.base import Images, download_lock
from robusttrain.training.samples import InMemory, from_images


@dataclass(frozen=True)
class Mnist(Images):
    """60000 training and 10000 test images, 1x28x28, ten classes (LeCun et al. 1998).

    root: str. The folder that holds `MNIST/raw`.
    download: bool. Fetch the data set if it is missing.
    ValueError: the folder does not hold the data set, and it may not be downloaded.
    """

    root: str
    download: bool = False

    image = (1, 28, 28)
    classes = 10
    train_size = 60000

    def check(self) -> None:
        names = [
            f"{p}-{k}-ubyte" for p in ("train", "t10k") for k in ("images-idx3", "labels-idx1")
        ]
        missing = [n for n in names if not Path(self.root, "MNIST", "raw", n).is_file()]
        if not self.download and missing:
            raise ValueError(
                f"data.root={self.root} does not hold MNIST: it needs the folder MNIST/raw with "
                f"{', '.join(missing)}; set data.root to where it is, or data.download=true"
            )

    def load(self) -> tuple[InMemory, InMemory]:
        from torchvision.datasets import MNIST

        Path(self.root).mkdir(parents=True, exist_ok=True)
        with download_lock(self.root):
            sets = [MNIST(self.root, train=t, download=self.download) for t in (True, False)]
        train, test = (
            from_images(d.data.numpy(), d.targets.numpy(), (33.3,), (78.6,)) for d in sets
        )
        return train, test
