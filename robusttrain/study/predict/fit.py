"""Constants of a machine from measured steps, by least squares without negative values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from robusttrain.study.predict.equation import CONSTANTS, phase_terms, step_terms
from robusttrain.study.predict.load import Load
from robusttrain.study.predict.point import Point

ROUNDS = 30
SMALL = 0.01  # of a step: errors of phases that do not matter


@dataclass(frozen=True, eq=False)
class Fitted:
    """Constants, and which of them the points say something of.

    values: [constants] float64, seconds a unit. known: [constants] bool.
    """

    values: np.ndarray
    known: np.ndarray

    def seconds(self, load: Load) -> float:
        """What a step takes; ValueError if that depends on a constant that is not known."""
        terms = step_terms(load, self.values)
        if missing := [CONSTANTS[i] for i in np.flatnonzero(terms * ~self.known)]:
            raise ValueError(
                f"a point to judge depends on {', '.join(missing)}, of which no fitted point says "
                "anything; fit points of its kind of row too"
            )
        return float(terms @ self.values)


def fit(points: Sequence[Point]) -> Fitted:
    """The constants that minimise the sum of squares of (error / (measured + step / 100)).

    Each point gives an equation for its step, and one for each phase that was measured apart.
    Which of two stages is the longer one follows from the constants of the round before.
    Raises ValueError if the points are fewer than the constants that they depend on.
    """
    values = np.zeros(len(CONSTANTS))
    known = np.any([terms != 0 for terms, _ in equations(points, values)], axis=0)
    if len(points) < known.sum() or not points:
        raise ValueError(
            f"too few points to fit: {len(points)} for {max(int(known.sum()), 1)} constants; "
            "measure more rows or settings"
        )
    for _ in range(ROUNDS):
        rows, right = map(np.array, zip(*equations(points, values), strict=True))
        before, values = values, non_negative(rows, right)
        if np.allclose(before, values, rtol=1e-9, atol=0):
            break
    return Fitted(values, known)


def equations(points: Sequence[Point], constants: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    """(terms, measured) of the step and the phases of each point, so scaled as their errors are."""
    for point in points:
        seconds = {"": point.seconds, **point.phases}
        for phase, terms in {
            "": step_terms(point.load, constants), **phase_terms(point.load, constants),
        }.items():  # fmt: skip
            if phase in seconds and terms.any():
                scale = seconds[phase] + SMALL * point.seconds
                yield terms / scale, seconds[phase] / scale


def non_negative(rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """argmin over x >= 0 of |rows x - right|; columns of zeros get 0."""
    from sklearn.linear_model import LinearRegression

    sizes = np.linalg.norm(rows, axis=0)
    sizes[sizes == 0] = 1.0
    solver = LinearRegression(fit_intercept=False, positive=True)
    found: np.ndarray = solver.fit(rows / sizes, right).coef_ / sizes
    return found
