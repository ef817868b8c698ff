"""Moments at which a server is killed, drawn from a seed."""

from dataclasses import dataclass

from robusttrain.rng import stream


@dataclass(frozen=True)
class Moment:
    """When the server is killed.

    step: int. Once so many steps are done. part: float. And this part of a step later, 0..1.
    what: step, or writing: not before it writes a checkpoint, or resuming: as soon as it goes on.
    """

    step: int
    part: float
    what: str = "step"


def moments(count: int, steps: int, seed: int, first: int = 1) -> list[Moment]:
    """Moments spread over a run from step `first` on, drawn; a fifth while a checkpoint is written.

    One, in the middle, is as soon as the server goes on after the kill before it.
    """
    rng = stream(seed, "survival", "server")
    drawn = sorted(rng.choice(range(first, steps - 10), size=count, replace=False).tolist())
    what = ["writing" if i % 5 == 3 else "step" for i in range(count)]
    if count > 2:
        what[count // 2] = "resuming"
    return [Moment(step, float(rng.random()), name) for step, name in zip(drawn, what, strict=True)]
