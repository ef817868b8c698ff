"""Time the defence's parts by themselves, without a model or processes.

python launch/bench.py detection                            claims -> verdict, against networkx
python launch/bench.py detection --workers 15 99 --repeat 9
python launch/bench.py aggregators                          rules on vectors, against peers
python launch/bench.py aggregators -n 15 -d 1.1e7 --rules median krum --device cuda
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from robusttrain.defense.detector.base import Detector
from robusttrain.defense.detector.clique import Clique
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.detector.degree import Degree
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.redundancy.assignment.design import Design
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.types import Claims, Hearing, Plan

sys.path.insert(0, str(Path(__file__).parent))  # also when it is imported from elsewhere
from benches import aggregators

WORKERS = (15, 21, 30, 50, 99, 333, 999)
MAX_SUBSET = 30
DETECTORS: dict[str, Callable[[], Detector]] = {
    "cover": lambda: Cover(ledger=False),
    "clique": lambda: Clique(ledger=False),
    "degree": lambda: Degree(window=50, offset=0, changes=1, rule="degree"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="what")
    detection = commands.add_parser("detection", help="claims -> verdict, against networkx")
    detection.add_argument("--workers", type=int, nargs="+", default=WORKERS, metavar="K")
    detection.add_argument("--repeat", type=int, default=5, help="steps a figure is the median of")
    detection.add_argument("--limit", type=float, default=20.0, help="seconds that networkx gets")
    detection.add_argument(
        "--largest", type=int, default=99, help="K up to which networkx is timed"
    )
    detection.set_defaults(run=time_detection)
    aggregators.add_options(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except ValueError as error:
        raise SystemExit(f"error: {error}") from error


def time_detection(options: argparse.Namespace) -> None:
    """One row per K and attack: medians in ms, and networkx as a multiple of cover."""
    if options.repeat < 1:
        raise ValueError(f"--repeat={options.repeat} must be >= 1")
    enumerate_cliques = clique_enumeration()
    table = Table(title=f"claims -> verdict, ms (median of {options.repeat} steps)")
    for name in ("scheme", "K", "tasks", "q", "attack", *DETECTORS, "networkx", "/ cover"):
        table.add_column(name, justify="left" if name in ("scheme", "attack") else "right")
    for workers in options.workers:
        scheme, teams = assign(workers)
        for attack, claims, byzantine in stories(teams):
            times = {
                name: time_detector(make(), claims, byzantine, options.repeat)
                for name, make in DETECTORS.items()
            }
            size = claims.plan.workers
            cells = [scheme, str(size), str(len(teams)), str(byzantine), attack]
            cells += [
                f"{1e3 * seconds:.3g}{'*' * (not exact)}" for seconds, exact in times.values()
            ]
            if size <= options.largest:
                seconds, done = enumerate_cliques(claims, options.limit)
                more = "" if done else "> "
                ratio = seconds / times["cover"][0]
                cells += [f"{more}{1e3 * seconds:.3g}", f"{more}{ratio:.2g}x"]
            else:
                cells += ["-", "-"]
            table.add_row(*cells)
    console = Console()
    console.width = max(console.width, 110)
    console.print(table)
    console.print(
        "attacks: overt, q liars lie about all; common, they differ from the same q honest\n"
        "workers; random, one copy differs in K/3 tasks drawn at random; triples, all copies\n"
        "differ in K/4 disjoint tasks. *: the search for covers was cut short. networkx: all\n"
        f"maximal cliques of agreement, stopped after {options.limit:g} s (>)."
    )


def assign(workers: int) -> tuple[str, np.ndarray]:
    """Subsets while they are few, then a triple system, else three Latin squares near that K."""
    if workers <= MAX_SUBSET:
        return "subset", Subset(3).teams(workers)
    scheme: Assignment = Design(3)
    if scheme.obstacle(workers) is None:
        return "design", scheme.teams(workers)
    scheme = Mols(3)
    return "mols", scheme.teams(min(scheme.nearest(workers), key=lambda k: abs(k - workers)))


def stories(teams: np.ndarray) -> Iterator[tuple[str, Claims, int]]:
    """(attack, claims, q) for each attack on an assignment."""
    workers = int(teams.max()) + 1
    plan = Plan(0, workers, np.zeros((len(teams), 1), int), np.zeros(len(teams), int), teams)
    byzantine = workers // 4
    liars = np.arange(workers) < byzantine
    for name, target in {"overt": All(), "common": Disagreement(byzantine)}.items():
        lies = liars[teams] & target.tasks(teams, liars)[:, None]
        yield name, Claims(plan, classes(lies)), byzantine
    rng = np.random.default_rng(0)
    lies = np.zeros(teams.shape, dtype=bool)
    count = min(len(teams), workers // 3)
    tasks = rng.choice(len(teams), count, replace=False)
    lies[tasks, rng.integers(0, teams.shape[1], count)] = True
    yield "random", Claims(plan, classes(lies)), (workers - 1) // 2
    yield "triples", Claims(plan, quarrels(teams, workers // 4)), (workers - 1) // 2


def quarrels(teams: np.ndarray, count: int) -> np.ndarray:
    """[f, r] int: all agree, but about `count` tasks without a common holder no two copies do."""
    said, busy = np.zeros(teams.shape, dtype=int), set[int]()
    for task, team in enumerate(teams.tolist()):
        if count and busy.isdisjoint(team):
            said[task] = range(len(team))
            busy.update(team)
            count -= 1
    return said


def classes(lies: np.ndarray) -> np.ndarray:
    """[f, r] int: the first slot that said the same, where all lies about a task are alike."""
    return np.where(lies, lies.argmax(axis=1)[:, None], (~lies).argmax(axis=1)[:, None])


def time_detector(
    detector: Detector, claims: Claims, byzantine: int, repeat: int
) -> tuple[float, bool]:
    """Median seconds of a step, and whether no verdict came with a note.

    Nothing is carried over from step to step but the detector's memory.
    """
    seconds, exact = [], True
    for step in range(repeat):
        plan = replace(claims.plan, step=step)
        heard = Claims(plan, claims.classes)
        hearing = Hearing(plan, heard, byzantine, lambda tasks: tasks, np.random.default_rng(step))
        start = time.perf_counter()
        verdict = detector.inspect(hearing)
        seconds.append(time.perf_counter() - start)
        exact &= not verdict.note
    return median(seconds), exact


def clique_enumeration() -> Callable[[Claims, float], tuple[float, bool]]:
    """(claims, limit) -> seconds that networkx takes for all maximal cliques, and if it finished.

    Raises ValueError if networkx is not installed.
    """
    try:
        import networkx as nx
    except ImportError:
        raise ValueError("networkx is not installed; pip install -e .[bench]") from None

    def run(claims: Claims, limit: float) -> tuple[float, bool]:
        start = time.perf_counter()
        agreement = nx.from_numpy_array(~claims.disagreements)
        agreement.remove_edges_from(list(nx.selfloop_edges(agreement)))
        largest = 0
        for clique in nx.find_cliques(agreement):
            largest = max(largest, len(clique))
            if time.perf_counter() - start > limit:
                return time.perf_counter() - start, False
        return time.perf_counter() - start, True

    return run


if __name__ == "__main__":
    main()
