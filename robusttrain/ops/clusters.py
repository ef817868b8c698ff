"""Clusters of a few points, by density."""

import numpy as np

STEPS = 300


def largest_by_mean_shift(points: np.ndarray) -> np.ndarray:
    """[n] bool: the largest cluster of points [n, k]; of equals the one of the denser peak.

    Every point climbs to the mean of the points within the bandwidth until it rests; of peaks
    within the bandwidth of each other the one with most points around it stays, and every
    point goes to its nearest peak. Bandwidth: the mean over the points of the distance to the
    farther of their nearest half, themselves included.
    Source: Comaniciu and Meer, Mean shift (2002), with a flat kernel.
    """
    n = len(points)
    width = np.sort(_distances(points, points), axis=1)[:, max(n // 2 - 1, 0)].mean()
    width = max(float(width), 1e-12)
    peaks = points
    for _ in range(STEPS):
        within = _distances(peaks, points) <= width
        moved = (within @ points) / within.sum(axis=1, keepdims=True)
        step = np.abs(moved - peaks).max()
        peaks = moved
        if step <= 1e-3 * width:
            break
    weight = (_distances(peaks, points) <= width).sum(axis=1)
    order = np.lexsort((*peaks.T[::-1], weight))[::-1]
    kept: list[int] = []
    for i in order:
        if not kept or _distances(peaks[[i]], peaks[kept]).min() > width:
            kept.append(int(i))
    labels = _distances(points, peaks[kept]).argmin(axis=1)
    largest: np.ndarray = labels == np.bincount(labels).argmax()
    return largest


def majority_by_linkage(apart: np.ndarray) -> np.ndarray:
    """[n] bool: the first component of more than half as ever longer links are added.

    apart [n, n]: symmetric distances. This is the cluster that HDBSCAN finds with min_samples =
    1, min_cluster_size = n//2 + 1 and a single cluster allowed.
    """
    n = len(apart)
    component = np.arange(n)
    rows, columns = np.triu_indices(n, 1)
    for link in np.argsort(apart[rows, columns], kind="stable"):
        first, second = component[rows[link]], component[columns[link]]
        component[component == second] = first
        cluster: np.ndarray = component == first
        if 2 * cluster.sum() > n:
            return cluster
    return np.ones(n, dtype=bool)


def _distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    lengths: np.ndarray = np.linalg.norm(left[:, None] - right, axis=2)
    return lengths
