"""Settings and measurements for the tests of the price table."""

from dataclasses import replace

from robusttrain.study.price.measured import Block
from robusttrain.study.price.setting import Setting

SETTING = Setting("small_cnn", ("data=digits",), 4, 2, 1, 32, 8, 2, 2, ("ddp", "probe:1"))


def setting_of(**changes) -> Setting:
    """SETTING with some values changed."""
    return replace(SETTING, **changes)


def made_up() -> list[Block]:
    """Two rounds of plain, DDP and a row of ours that takes twice DDP's time, then three times."""
    blocks = []
    for turn, slow in enumerate((1.0, 10.0)):
        blocks.append(Block("plain", turn, 1, 2, [2 * slow] * 2, 4 * slow, {"compute": 4 * slow}))
        for rank in (1, 2):
            blocks.append(Block("ddp", turn, rank, 2, [slow] * 2, 2 * slow, {"compute": 2 * slow}))
            spent = {"compute": 2.0 * rank, "recompute": 1.0, "wait": 9.0}
            blocks.append(Block("probe:1", turn, rank, 2, [], slow, spent))
        took = (2 + turn) * slow
        blocks.append(
            Block("probe:1", turn, 0, 2, [took] * 2, 2 * slow, {"wait": 2 * took, "update": 0.5},
                  {"commit": 0.25}, {"pull": 4e6})
        )  # fmt: skip
    return blocks


PASSES = {"plain": 1.0, "ddp": 1.0, "probe:1": 2.0}
