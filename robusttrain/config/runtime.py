"""How a run is laid out on machines."""

from dataclasses import dataclass

from robusttrain.config.keys import at_least

MOST_THREADS = 1024
WAITS = ("auto", "deadline", "majority")
BACKENDS = ("tls", "gloo", "nccl")


@dataclass(frozen=True)
class Runtime:
    """How a run is laid out on machines; only `threads` and `device` can change a result's bits.

    ranks: W >= 1, int. Worker ranks to start where torchrun has not.
    device: auto, cpu or cuda.
    backend: tls, gloo or nccl. What connects the ranks; with gloo and nccl a rank can end the
        server's process.
    threads: int >= 1. CPU threads a rank.
    block: int >= 1. Coordinates a block.
    deadline: seconds > 0. For a rank to answer the server.
    wait: deadline, majority or auto. How long ranks are waited for within the deadline.
    start: seconds > 0. For all ranks to join.
    patience: seconds > 0. That a worker rank waits for the server.
    port: 0..65535, int. Where the ranks meet; 0 for any that is free.
    """

    ranks: int
    device: str
    backend: str
    threads: int
    block: int
    deadline: float
    wait: str
    start: float
    patience: float
    port: int

    def __post_init__(self) -> None:
        for key in ("ranks", "threads", "block"):
            at_least(f"runtime.{key}", getattr(self, key), 1)
        for key in ("deadline", "start", "patience"):
            seconds = getattr(self, key)
            if not isinstance(seconds, int | float) or not 0 < seconds < 1e6:
                raise ValueError(f"runtime.{key}={seconds} must be > 0 and < 1e6 seconds; use 60")
        if self.wait not in WAITS:
            raise ValueError(
                f"runtime.wait={self.wait} must be one of {', '.join(WAITS)}; use auto"
            )
        if self.backend not in BACKENDS:
            raise ValueError(
                f"runtime.backend={self.backend} must be tls, gloo or nccl; use tls, which alone "
                "bears whatever a worker rank sends"
            )
        if self.threads > MOST_THREADS:
            raise ValueError(
                f"runtime.threads={self.threads} must be at most {MOST_THREADS}; use 1"
            )
        at_least("runtime.port", self.port, 0)
        if self.port > 65535:
            raise ValueError(f"runtime.port={self.port} must be in 0..65535; use 0 for any free")

    def majority(self, probes: bool) -> bool:
        """Whether a rank is waited for by the time that the majority took, not to the deadline."""
        return self.wait == "majority" or (self.wait == "auto" and probes)
