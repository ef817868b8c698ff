"""A machine that is assumed: GPUs of one worker each, and a server with one link."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from robusttrain.study.predict.equation import amounts

MOVED = 5  # vectors that an update with momentum reads and writes


def given(default: float, help: str) -> Any:
    """A value that is assumed, and what it says."""
    return field(default=default, metadata={"help": f"{help} (default {default:g})"})


@dataclass(frozen=True)
class Machine:
    """What a machine does; the defaults are assumptions, not measurements."""

    flops: float = given(4e14, "FLOP/s of a GPU, as reached in training")
    bandwidth: float = given(5e10, "bytes/s over the link of a rank, and over the server's")
    digest: float = given(3e9, "bytes/s that one thread makes digests of")
    threads: float = given(8, "of the server, that make digests beside the transfer")
    memory_rate: float = given(1e12, "bytes/s that the server reads while it aggregates")
    memory: float = given(1e12, "bytes that the server has for vectors")
    message: float = given(5e-5, "seconds that each message takes besides")
    block: float = given(2**24, "coordinates a message, runtime.block")
    tokens: float = given(16384, "that each GPU is given in a step")

    def __post_init__(self) -> None:
        for entry in fields(self):
            value, key = getattr(self, entry.name), entry.name.replace("_", "-")
            if not (math.isfinite(value) and value > 0):
                raise ValueError(
                    f"--{key} {value:g} must be a finite number > 0; use {entry.default:g}"
                )

    def constants(self) -> np.ndarray:
        """[constants] float64: seconds a unit, as in the equation; those of DDP at their best."""
        return amounts(
            flop=1 / self.flops, ring=1 / self.bandwidth, link=1 / self.bandwidth,
            digest=1 / self.digest, rule=1 / self.memory_rate,
            update=MOVED / self.memory_rate, message=self.message,
        )  # fmt: skip
