"""Setting of the price table: model, samples, ranks, and the recipe of each row."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

from robusttrain.config.compose import recipe
from robusttrain.config.recipe import Recipe
from robusttrain.study.price.rows import REPLICATION, Row, row_of

MODELS = ("resnet18", "gpt", "small_cnn")
PATIENCE = 3600  # seconds to wait for a rank that times another row alone


@dataclass(frozen=True)
class Setting:
    """What all rows share.

    model: str. Its name in configs/model.
    sizes: overrides of model and data: image size, or length, width and layers.
    workers, ranks, threads, batch: int. K, W, CPU threads a rank, samples a step.
    micro: int. Samples of a micro-batch.
    steps, repeat: int. Timed steps of a block, and blocks of each row.
    rows: names of the rows.
    device: auto, cpu or cuda.
    """

    model: str
    sizes: tuple[str, ...]
    workers: int
    ranks: int
    threads: int
    batch: int
    micro: int
    steps: int
    repeat: int
    rows: tuple[str, ...]
    device: str = "auto"

    def __post_init__(self) -> None:
        for key in ("workers", "ranks", "threads", "batch", "micro", "steps", "repeat"):
            if getattr(self, key) < 1:
                raise ValueError(f"--{key} {getattr(self, key)} must be >= 1; use 1")
        if self.model not in MODELS:
            raise ValueError(f"--model {self.model} must be one of {', '.join(MODELS)}")
        if self.workers % self.ranks:
            raise ValueError(
                f"--workers {self.workers} must be a multiple of --ranks {self.ranks}, or one rank "
                f"works while others wait; use --workers {self.ranks * 2}"
            )
        if not self.rows:
            raise ValueError("--rows needs a row; use ddp probe:0.1")

    def blocks(self) -> Iterator[tuple[int, Row]]:
        """(round, row) in the order in which they run: every row once in every round."""
        for turn in range(self.repeat):
            for name in self.rows:
                yield turn, row_of(name)

    def recipe(self, row: Row) -> Recipe:
        """The checked recipe of a row; ValueError with the remedy if it cannot be."""
        return recipe(*self.overrides(row))

    def overrides(self, row: Row) -> list[str]:
        """Overrides of the configuration, those of the row last."""
        copies = "assignment=subset" in row.overrides
        tasks = comb(self.workers, REPLICATION)
        together = max(2, self.micro * tasks // self.batch) if copies else self.micro
        return [
            f"model={self.model}", *self.sizes,
            f"workers={self.workers}", f"batch={self.batch}", f"steps={row.length(self.steps) + 1}",
            f"objective.chunk={together}", "threat.byzantine=0",
            f"defense.byzantine={min(1, (self.workers - 1) // 2)}", "defense.secret=0",
            f"runtime.ranks={self.ranks}", f"runtime.threads={self.threads}",
            f"runtime.device={self.device}", f"runtime.start={PATIENCE}",
            f"runtime.deadline={PATIENCE}", f"runtime.patience={PATIENCE}", *row.overrides,
        ]  # fmt: skip


def titled(setting: Setting) -> str:
    """What was timed, in one line."""
    sizes = " ".join(word.partition(".")[2] for word in setting.sizes if "." in word)
    return (
        f"{setting.model} {sizes}: K={setting.workers} on {setting.ranks} ranks, "
        f"batch {setting.batch} in micro-batches of {setting.micro}"
    )
