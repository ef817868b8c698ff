"""The table of silent data corruption: what each defence sees of it, and what it costs."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from robusttrain.names import counted
from robusttrain.rng import derive
from robusttrain.study.sdc.kinds import BITS, CHECKERS, COPIES, KINDS, SHARE, WAYS, WORKERS
from robusttrain.study.sdc.once import Trials, trials
from robusttrain.study.sdc.repeating import OFTEN, Case, one_case
from robusttrain.study.sdc.row import HEAD, Count, row

PRICES = (
    f"Forward and backward passes over plain training: digests of rows {COPIES}; probes and "
    f"products 1 + share x checkers = {1 + SHARE * CHECKERS:g}; replay of every step 2, of a share "
    "of the steps 1 + share, and then it sees that share of what is given here."
)
THEORY = (
    f"A flip in one step is named with probability share = {SHARE:g}, if its checker is right; one "
    "that comes back, within t steps in which it changes the sum, with 1 - (1 - share)^t: "
    + ", ".join(f"t={t} {1 - (1 - SHARE) ** t:.2f}" for t in (14, 20, 60, 100))
    + "."
)


def sdc_table(runs: int, cases: int, steps: int, seed: int = 0) -> Table:
    """One row for each kind and group of bits, and for each kind that comes back.

    runs: int. Runs in each of which every flip that happens once is tried, at most once.
    cases: int. Workers of each kind whose fault comes back. steps: until they are given up.
    """
    share = max(1, runs // 5)  # digests see everything, so that a few do
    once = {way: trials(way, share if way == "digests" else runs, seed) for way in WAYS}
    table = Table(
        title=f"{WORKERS} workers, a small CNN on digits; {counted(runs, 'run')} with one flip a "
        f"step; {counted(cases, 'worker')} of each kind that comes back, {steps} steps at most; "
        f"share {SHARE:g}\nx / y: x of y; for probes and products, x named where y were predicted"
    )
    for name in HEAD:
        table.add_column(name, justify="left" if name in HEAD[:3] else "right")
    for cells in (rows_once(once), rows_repeating(cases, steps, seed)):
        for cell in cells:
            table.add_row(*cell)
        table.add_section()
    return table


def rows_once(once: Mapping[str, Trials]) -> Iterator[list[str]]:
    """A row for each kind and group of bits, then one for all."""
    wrong = sum(found.wrong for found in once.values())
    for kind in KINDS:
        for bits in BITS:
            of = {way: Count.of_trials(found.of(kind, bits)) for way, found in once.items()}
            digests = of["digests"] if KINDS[kind][0] else None
            yield row((kind, "once", bits), digests, of["probes"], of["products"], 0)
    of = {way: Count.of_trials(found.made) for way, found in once.items()}
    yield row(("all", "once", "all"), of["digests"], of["probes"], of["products"], wrong)


def rows_repeating(cases: int, steps: int, seed: int) -> Iterator[list[str]]:
    """A row for each kind and way to come back."""
    for kind in KINDS:
        for how in OFTEN:
            found: dict[str, list[Case]] = {}
            for way in WAYS:
                number = cases if way != "digests" or KINDS[kind][0] else 0
                seeds = (derive(run, "sdc", way, kind, how, seed) for run in range(number))
                found[way] = [one_case(way, kind, how, steps, each) for each in seeds]
            of = {way: Count.of_cases(made) for way, made in found.items()}
            wrong = sum(case.wrong for made in found.values() for case in made)
            digests = of["digests"] if found["digests"] else None
            yield row((kind, how, "all"), digests, of["probes"], of["products"], wrong)
