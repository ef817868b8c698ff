"""Statistics of blocks: quartiles, amounts in a mean step, ratios round by round."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median, quantiles

from robusttrain.study.price.measured import Block
from robusttrain.study.price.rows import Row


def over(by_round: Mapping[str, Mapping[int, float]], name: str) -> float | None:
    """The median over rounds of a row's figure over that of DDP."""
    if "ddp" not in by_round:
        return None
    return median(value / by_round["ddp"][turn] for turn, value in by_round[name].items())


def per_step(blocks: Sequence[Block], what: str) -> dict[str, float]:
    """Phase -> amount in a mean step of these blocks of one rank."""
    total: Counter[str] = Counter()
    for block in blocks:
        total.update(getattr(block, what))
    count = sum(block.count for block in blocks)
    return {phase: amount / count for phase, amount in total.most_common()}


def cpu_by_rank(blocks: Sequence[Block]) -> dict[int, float]:
    """Rank -> CPU seconds of a mean step."""
    ranks = sorted({block.rank for block in blocks})
    mine = {rank: [block for block in blocks if block.rank == rank] for rank in ranks}
    return {r: sum(b.cpu for b in own) / sum(b.count for b in own) for r, own in mine.items()}


def typical(steps: Sequence[float], row: Row) -> float:
    """Seconds of a mean step: medians of the steps with and without checks, by their shares.

    A pause of the machine in one step counts for little so.

    steps: seconds of steps 1, 2, ...; checks are made in the step after a probed one.

    >>> from robusttrain.study.price.rows import row_of
    >>> typical([1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 3.0, 1.0], row_of("probe:0.25"))
    2.25
    """
    checked = {step + 1 for step in row.probed(len(steps))}
    kinds: dict[bool, list[float]] = {True: [], False: []}
    for step, seconds in enumerate(steps, start=1):
        kinds[step in checked].append(seconds)
    if not kinds[True] or not kinds[False]:
        return median(steps)
    share = 1 / row.every
    return (1 - share) * median(kinds[False]) + share * median(kinds[True])


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The three quartiles.

    >>> quartiles([4.0, 1.0, 2.0, 3.0, 5.0]), quartiles([2.0])
    ((2.0, 3.0, 4.0), (2.0, 2.0, 2.0))
    """
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high
