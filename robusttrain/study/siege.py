"""Siege: every strategy of liars against the shipped protocol, in many short runs.

What the liars did is counted where their bytes leave them. What must hold: no honest worker is
convicted, no step has more bad vectors than liars that are left, and the forged vectors that
were used until all liars are out stay within the certificate's expectation.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from rich.table import Table

from robusttrain.certificate.probes import Probes
from robusttrain.config.compose import compose
from robusttrain.config.probe import probes_of
from robusttrain.config.recipe import Recipe, recipe
from robusttrain.rng import derive
from robusttrain.run.simulate import simulate
from robusttrain.study.infiltrator import Infiltrator
from robusttrain.study.outcome import HEAD, Cell, Over, Run, chosen, seeded
from robusttrain.study.restarted import RESTARTS, restarted
from robusttrain.study.strategies import CELLS, CLAIMS, PRODUCT_CELLS, SUMS, TOLERANCE
from robusttrain.study.wire import FAULTS, spoilt

PARTS = ("assignment=single", "agreement=probe", "detector=none", "target=all", "aggregator=mean",
         "preaggregator=[]", "defense.best_effort=true", "data=synthetic", "data.image=[1,2,2]",
         "data.classes=2", "data.train_size=400", "data.test_size=10", "optimizer=sgd",
         "model._target_=robusttrain.study.tiny.Tiny", "runtime.block=5")  # fmt: skip
PRODUCTS = ("probe.claim=product", f"probe.tolerance={TOLERANCE}")


def setting(workers: int, share: float, checkers: int, steps: int, *more: str) -> Recipe:
    """A run in which nobody lies by configuration; its draws are the system's."""
    return recipe(
        compose(
            *PARTS, f"workers={workers}", f"batch={2 * workers}", f"steps={steps}",
            f"defense.byzantine={(workers - 1) // 2}", "threat.byzantine=0", "probe.alert=0",
            f"probe.share={share}", f"probe.checkers={checkers}", *more,
        )
    )  # fmt: skip


def besieged(made: Recipe, sums: str, claims: str, seed: int) -> Run:
    """One run of `made` in which as many workers lie as are assumed to.

    sums, claims: names of strategies.
    seed: of who lies, and of all that the server and the liars draw.
    """
    workers = chosen(made, seed)
    liars, run = Infiltrator(workers, SUMS[sums], CLAIMS[claims], seed), Run(workers)
    with suppress(Over):
        simulate(seeded(made, seed), partial(run.watch, liars), 1, side=liars)
    return run


def cell(name: str, run: Callable[[int], Run], budget: int) -> Cell:
    """Runs until so many steps are made, at least two; their seeds follow from the name."""
    runs: list[Run] = []
    while len(runs) < 2 or sum(made.steps for made in runs) < budget:
        runs.append(run(derive(len(runs), "siege", name)))
    return Cell(name, runs)


def siege_tables(
    workers: int, steps: int, share: float, checkers: int, longest: int
) -> Iterator[Table]:
    """Digests, then products: a row for each way of lying.

    steps: int. In both tables together, about; a run has at most `longest`.
    ValueError as the configuration with these numbers has it.
    """
    budget = steps // (len(CELLS) + len(FAULTS) + 1 + len(PRODUCT_CELLS))
    made = setting(workers, share, checkers, longest)
    ways = {f"{sums}, {claims}": partial(besieged, made, sums, claims) for sums, claims in CELLS}
    ways |= {f"forged, {name}": partial(spoilt, made, fault) for name, fault in FAULTS.items()}
    ways["forged, killed"] = partial(restarted, made)
    yield table("digests", probes_of(made.config), ways, budget)
    made = setting(workers, share, checkers, longest, *PRODUCTS)
    ways = {f"{sums}, {claims}": partial(besieged, made, sums, claims)
            for sums, claims in PRODUCT_CELLS}  # fmt: skip
    yield table("products", probes_of(made.config, TOLERANCE), ways, budget)


def table(
    claims: str, promised: Probes, ways: Mapping[str, Callable[[int], Run]], budget: int
) -> Table:
    """A row for each way of lying; the title says what is guaranteed."""
    each = promised.expected / promised.byzantine
    restarts = f" (with {RESTARTS} restarts {promised.expected_with(RESTARTS):.1f})"
    made = Table(
        title=f"{promised.workers} workers, {promised.byzantine} of them liars; {claims}; share "
        f"{promised.share:g}, {promised.checkers} checkers\nforged vectors: bound "
        f"{promised.expected:.1f}{restarts}, all at once {promised.mean:.1f}, p99 "
        f"{promised.quantile():.0f}; for a conviction {each:.2f}; "
        f"a lie passes an honest checker with probability {promised.passes:.2g} at most"
    )
    for name in HEAD:
        made.add_column(name, justify="left" if name == HEAD[0] else "right")
    for name, run in ways.items():
        made.add_row(name, *cell(f"{name}, {claims}, {promised.workers}", run, budget).row())
    return made
