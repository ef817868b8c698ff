"""What `launch/bench.py predict` measures: settings to fit constants on, settings to judge by."""

from dataclasses import dataclass

ROWS = ("ddp", "none", "digest", "unprobed", "probe:1", "probe:0.5")
SHARE = "probe:0.5"  # is judged by in every setting


@dataclass(frozen=True)
class Measured:
    """One setting of the price table.

    name: str. Of its file.
    options: of `launch/bench.py step`, without rows and repetitions.
    held: bool. Whether all its rows are held out.
    quick: bool. Whether it is measured with --quick.
    """

    name: str
    options: tuple[str, ...]
    held: bool = False
    quick: bool = False

    def words(self, quick: bool) -> list[str]:
        """The command line that measures it."""
        length = ("--steps=2", "--repeat=1") if quick else ("--steps=6", "--repeat=3")
        return ["step", *self.options, *length, "--rows", *ROWS]


def gpt(
    length: int, width: int, layers: int, workers: int, batch: int, micro: int
) -> tuple[str, ...]:
    """Options of a setting with a GPT."""
    return (
        "--model=gpt", f"--length={length}", f"--width={width}", f"--layers={layers}",
        f"--workers={workers}", f"--batch={batch}", f"--micro={micro}",
    )  # fmt: skip


def cnn(workers: int, batch: int, micro: int) -> tuple[str, ...]:
    """Options of a setting with the small CNN."""
    return ("--model=small_cnn", f"--workers={workers}", f"--batch={batch}", f"--micro={micro}")


PLAN = (  # held-out ones between the others: the load of a machine changes slowly
    Measured("gpt", gpt(64, 64, 2, workers=4, batch=32, micro=8), quick=True),
    Measured("gpt_other", gpt(64, 96, 3, workers=4, batch=48, micro=6), held=True),
    Measured("gpt_wide", gpt(64, 128, 2, workers=4, batch=16, micro=4), quick=True),
    Measured("gpt_batch", gpt(64, 64, 2, workers=4, batch=64, micro=8), held=True, quick=True),
    Measured("gpt_long", gpt(128, 64, 2, workers=6, batch=60, micro=5)),
    Measured("gpt_six", gpt(64, 64, 2, workers=6, batch=60, micro=10), held=True),
    Measured("cnn", cnn(workers=4, batch=256, micro=64), quick=True),
    Measured("cnn_batch", cnn(workers=4, batch=512, micro=64), held=True),
    Measured("cnn_six", cnn(workers=6, batch=600, micro=50)),
)
