"""Judgement of fitted constants: what they say of points that were held out."""

from collections.abc import Sequence
from dataclasses import dataclass

from robusttrain.study.predict.fit import Fitted
from robusttrain.study.predict.point import Point

LIMIT = 0.2  # of what was measured
EVERY = 3  # one point in so many is held out where nothing else is said


@dataclass(frozen=True)
class Judged:
    """A point, seconds of a step measured and predicted."""

    name: str
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """Relative to what was measured, with its sign.

        >>> Judged("gpt: ddp", 2.0, 1.5).error
        -0.25
        """
        return self.predicted / self.measured - 1

    @property
    def holds(self) -> bool:
        """Whether the error is at most `LIMIT`."""
        return abs(self.error) <= LIMIT


def judge(fitted: Fitted, points: Sequence[Point]) -> list[Judged]:
    """What is predicted of each point."""
    return [Judged(point.name, point.seconds, fitted.seconds(point.load)) for point in points]


def split(points: Sequence[Point]) -> tuple[list[Point], list[Point]]:
    """Points to fit, and every third to judge by.

    >>> split("abcdef")
    (['a', 'b', 'd', 'e'], ['c', 'f'])
    """
    fitted = [point for number, point in enumerate(points, start=1) if number % EVERY]
    return fitted, list(points[EVERY - 1 :: EVERY])


def same_device(points: Sequence[Point]) -> str:
    """The device of all points; ValueError if there are several."""
    devices = sorted({point.device for point in points})
    if len(devices) > 1:
        raise ValueError(f"--csv: points of {' and '.join(devices)}; name files of one device")
    return devices[0] if devices else "cpu"
