"""Losses: the ranks that are lost, and why, in words."""

from collections.abc import Mapping, Sequence


class RanksMissing(RuntimeError):
    """Worker ranks that are needed did not join or are lost; says which and why.

    traceback: str. Of the first of them that failed by an exception, else empty.
    """

    def __init__(self, cause: str, traceback: str = "") -> None:
        super().__init__(cause)
        self.traceback = traceback


def losses(lost: Mapping[int, str]) -> str:
    """Ranks and why they were lost; those with the same reason together.

    >>> losses({1: "broke", 3: "left", 2: "broke"})
    'ranks 1 and 2 broke; rank 3 left'
    """
    ranks: dict[str, list[int]] = {}
    for rank, reason in lost.items():
        ranks.setdefault(reason, []).append(rank)
    return "; ".join(f"{listed(those)} {reason}" for reason, those in ranks.items())


def listed(ranks: Sequence[int]) -> str:
    """Ranks by their numbers, at most five of them.

    >>> listed([4]), listed([1, 2, 3]), listed(range(1, 10))
    ('rank 4', 'ranks 1, 2 and 3', 'ranks 1, 2, 3, 4 and 5 more')
    """
    names = [str(rank) for rank in ranks]
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    *rest, last = names
    return f"ranks {', '.join(rest)} and {last}" if rest else f"rank {last}"
