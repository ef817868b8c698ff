"""Prices: what the ranks measured, put together into one entry a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from robusttrain.study.price.measured import Block
from robusttrain.study.price.rows import row_of
from robusttrain.study.price.statistics import cpu_by_rank, over, per_step, quartiles, typical


@dataclass(frozen=True)
class Price:
    """One row of the table; seconds and bytes are those of a mean step.

    name: str.
    passes: float. Forward and backward passes over the batch that the scheme asks for.
    quartiles: the three, of the seconds of all timed steps.
    seconds: float. Of a mean step, see `typical`; median over rounds.
    cpu: float. CPU seconds of all ranks together; median over rounds.
    wall_price, cpu_price: over DDP in the same round, median over rounds; None: there is no DDP.
    rank: int. The worker rank that was busy for longest.
    cpus: rank -> its CPU seconds in a mean step.
    server, worker: phase -> seconds, of the server and of that rank.
    beside: phase -> CPU seconds of the server's other threads.
    sent: phase -> bytes that pass the server.
    """

    name: str
    passes: float
    quartiles: tuple[float, float, float]
    seconds: float
    cpu: float
    wall_price: float | None
    cpu_price: float | None
    rank: int
    cpus: Mapping[int, float]
    server: Mapping[str, float]
    worker: Mapping[str, float]
    beside: Mapping[str, float]
    sent: Mapping[str, float]

    @property
    def computing(self) -> float:
        """Seconds that the busiest worker rank computes gradients in a mean step."""
        return self.worker.get("compute", 0.0) + self.worker.get("recompute", 0.0)


def prices(blocks: Sequence[Block], passes: Mapping[str, float]) -> list[Price]:
    """An entry for each row of `passes`, in its order.

    passes: row -> passes over the batch.
    """
    mean, cpu = per_round(blocks)
    made = []
    for name, count in passes.items():
        mine = [block for block in blocks if block.row == name]
        leading = [block for block in mine if block.rank == min(b.rank for b in mine)]
        steps = [second for block in leading for second in block.steps]
        workers = {
            b.rank: per_step([c for c in mine if c.rank == b.rank], "phases")
            for b in mine
            if b.rank
        }
        rank = max(workers, key=lambda r: (busy(workers[r]), -r))
        server = [block for block in mine if block.rank == 0]
        seconds = median(mean[name].values())
        worker = {k: v for k, v in workers[rank].items() if k not in ("wait", "other")}
        worker["wait"] = max(0.0, seconds - sum(worker.values()))
        made.append(Price(
            name, count, quartiles(steps), seconds, median(cpu[name].values()),
            over(mean, name), over(cpu, name), rank, cpu_by_rank(mine),
            per_step(server, "phases"), worker, per_step(server, "beside"),
            per_step(server, "bytes"),
        ))  # fmt: skip
    return made


def per_round(
    blocks: Iterable[Block],
) -> tuple[dict[str, dict[int, float]], dict[str, dict[int, float]]]:
    """Row -> round -> seconds of a mean step, and CPU seconds of one, over all ranks.

    The seconds are those of the server; without one, those of the first rank.
    """
    mean: dict[str, dict[int, float]] = {}
    cpu: dict[str, dict[int, float]] = {}
    for block in sorted(blocks, key=lambda block: block.rank):
        count = max(block.count, 1)
        if block.steps:
            seconds = typical(block.steps, row_of(block.row))
            mean.setdefault(block.row, {}).setdefault(block.turn, seconds)
        totals = cpu.setdefault(block.row, {})
        totals[block.turn] = totals.get(block.turn, 0.0) + block.cpu / count
    return mean, cpu


def busy(spent: Mapping[str, float]) -> float:
    """Seconds in which a rank did something."""
    return sum(seconds for phase, seconds in spent.items() if phase not in ("wait", "other"))
