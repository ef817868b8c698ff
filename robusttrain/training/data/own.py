"""The user's own data: what a function of theirs returns."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from robusttrain.training.data.base import Data
from robusttrain.training.digest import digest
from robusttrain.training.on_demand import item, samples_of
from robusttrain.training.samples import Samples
from robusttrain.usercode.broken import Broken, described
from robusttrain.usercode.locate import locate
from robusttrain.values import check_whole


@dataclass
class Own(Data):
    """Map-style data sets of pairs (input, target), of any tensors.

    A `TensorDataset` is held in memory, on the device; all others are read item by item.

    make: str. Importable function, module.name: () -> (training set, test set or None), two
        `torch.utils.data.Dataset`; or the training set alone.
    classes: int or None. For models that ask for it; None: as many as the training set says
        (its `classes`), or as its integer targets show if it is in memory.
    processes: int >= 0. Reader processes a rank; 0: the rank reads items when it needs them.
    ValueError: `make` is missing, fails, or returns something else.
    """

    make: str | None = None
    classes: int | None = None
    processes: int = 0

    def __post_init__(self) -> None:
        if self.make is None:
            raise ValueError(
                "data=own needs data.make=module.name, a function that returns the training set "
                "and the test set; as in data.make=mine.make_data for mine.py"
            )
        check_whole("data.processes", self.processes, 0, use=2)
        train, _ = self.sets
        self.train_size = len(train)  # type: ignore[arg-type]
        if self.classes is None:
            self.classes = class_count(train)
        else:
            check_whole("data.classes", self.classes, 2, use=10)

    def __deepcopy__(self, memo: dict) -> "Own":
        return self  # a set is only read, may be large, and need not allow copies

    @cached_property
    def sets(self) -> tuple[Dataset, Dataset | None]:
        """(training set, test set or None), as `make` returns them."""
        make = locate("data.make", str(self.make))
        try:
            made = make()
        except Exception as error:
            raise Broken(f"data.make={self.make} raised {described(error)}", error) from error
        train, test = made if isinstance(made, tuple | list) and len(made) == 2 else (made, None)
        parts = {"training": train} | ({} if test is None else {"test": test})
        for which, part in parts.items():
            if not hasattr(part, "__getitem__") or not hasattr(part, "__len__"):
                raise ValueError(
                    f"data.make={self.make}: the {which} set is a {type(part).__name__}, without "
                    "__getitem__ or __len__; return map-style data sets: (train, test)"
                )
            if not len(part):
                raise ValueError(f"data.make={self.make}: the {which} set has no samples")
        return train, test

    @cached_property
    def example(self) -> tuple[Any, Any]:
        """(input, target) of the first training sample, as tensors."""
        train, _ = self.sets
        try:
            pair = train[0]
        except Exception as error:
            raise Broken(
                f"data.make={self.make}: sample 0 raised {described(error)}", error
            ) from error
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(
                f"data.make={self.make}: a sample is {type(pair).__name__} where a pair (input, "
                "target) should be; return two values from __getitem__"
            )
        return item(train, 0)

    @property
    def facts(self) -> dict[str, Any]:
        """`shape` of an input, and `features` or `image` if it has one axis or three; `classes`."""
        inputs, _ = self.example
        facts: dict[str, Any] = {} if self.classes is None else {"classes": self.classes}
        if isinstance(inputs, Tensor):
            facts["shape"] = shape = tuple(inputs.shape)
            if len(shape) == 1:
                facts["features"] = shape[0]
            elif len(shape) == 3:
                facts["image"] = shape
        return facts

    def sign(self) -> str:
        """A digest of the first sample, the one in the middle and the last."""
        train, _ = self.sets
        return digest([item(train, n) for n in (0, self.train_size // 2, self.train_size - 1)])

    def load(self) -> tuple[Samples, Samples | None]:
        train, test = self.sets
        held_out = None if test is None else samples_of(test, self.processes)
        return samples_of(train, self.processes), held_out


def class_count(train: Dataset) -> int | None:
    """How many classes a data set has, as far as can be told without reading it all."""
    said = getattr(train, "classes", None)
    if said is not None:
        return len(said)
    if isinstance(train, TensorDataset):
        targets = train.tensors[-1]
        if not targets.is_floating_point() and targets.ndim == 1:
            return int(targets.max()) + 1
    return None
