"""Times the detectors, claims -> verdict, against the enumeration of cliques by networkx."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
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

WORKERS = (15, 21, 30, 50, 99, 333, 999)
MAX_SUBSET = 30
DETECTORS: dict[str, Callable[[], Detector]] = {
    "cover": lambda: Cover(ledger=False),
    "clique": lambda: Clique(ledger=False),
    "degree": lambda: Degree(window=50, offset=0, changes=1, rule="degree"),
}
NOTE = """\
attacks: overt, q liars lie about all; common, they differ from the same q honest
workers; random, one copy differs in K/3 tasks drawn at random; triples, all copies
differ in K/4 disjoint tasks. *: the search for covers was cut short. networkx: all
maximal cliques of agreement, stopped after {limit:g} s (>)."""


@dataclass(frozen=True, eq=False)
class Case:
    """The claims of one step under one attack.

    attack: its name. byzantine: q, what the detectors assume.
    """

    attack: str
    claims: Claims
    byzantine: int


def detection_table(
    workers: Sequence[int] = WORKERS, repeat: int = 5, limit: float = 20.0, largest: int = 99
) -> Table:
    """One row for each K and attack: medians in ms, and networkx as a multiple of cover.

    workers: the numbers K. repeat: steps that a figure is the median of.
    limit: seconds that networkx gets. largest: K up to which networkx is timed.
    ValueError: repeat < 1, limit not >= 0, or networkx is not installed.
    """
    if repeat < 1:
        raise ValueError(f"repeat={repeat} must be >= 1")
    if not limit >= 0:
        raise ValueError(f"limit={limit} must be >= 0 seconds; use 20")
    enumerate_cliques = clique_enumeration()
    table = Table(title=f"claims -> verdict, ms (median of {repeat} steps)")
    for name in ("scheme", "K", "tasks", "q", "attack", *DETECTORS, "networkx", "/ cover"):
        table.add_column(name, justify="left" if name in ("scheme", "attack") else "right")
    for wanted in workers:
        scheme, teams = assign(wanted)
        for case in cases(teams):
            times = {name: time_detector(make(), case, repeat) for name, make in DETECTORS.items()}
            size = case.claims.plan.workers
            cells = [scheme, str(size), str(len(teams)), str(case.byzantine), case.attack]
            for seconds, exact in times.values():
                cells.append(f"{1e3 * seconds:.3g}" + ("" if exact else "*"))
            if size <= largest:
                seconds, done = enumerate_cliques(case.claims, limit)
                more = "" if done else "> "
                ratio = seconds / times["cover"][0]
                cells += [f"{more}{1e3 * seconds:.3g}", f"{more}{ratio:.2g}x"]
            else:
                cells += ["-", "-"]
            table.add_row(*cells)
    return table


def assign(workers: int) -> tuple[str, np.ndarray]:
    """(scheme, teams [f, r]): subsets up to `MAX_SUBSET` workers, then a triple system.

    Where there is none for that K, three Latin squares for the nearest K that has them.
    """
    if workers <= MAX_SUBSET:
        return "subset", Subset(3).teams(workers)
    scheme: Assignment = Design(3)
    if scheme.obstacle(workers) is None:
        return "design", scheme.teams(workers)
    scheme = Mols(3)
    return "mols", scheme.teams(min(scheme.nearest(workers), key=lambda k: abs(k - workers)))


def cases(teams: np.ndarray) -> Iterator[Case]:
    """The attacks of `NOTE` on an assignment, teams [f, r] int."""
    workers = int(teams.max()) + 1
    plan = Plan(0, workers, np.zeros((len(teams), 1), int), np.zeros(len(teams), int), teams)
    byzantine = workers // 4
    liars = np.arange(workers) < byzantine
    for name, target in {"overt": All(), "common": Disagreement(byzantine)}.items():
        lies = liars[teams] & target.tasks(teams, liars)[:, None]
        yield Case(name, Claims(plan, classes(lies)), byzantine)
    rng = np.random.default_rng(0)
    lies = np.zeros(teams.shape, dtype=bool)
    count = min(len(teams), workers // 3)
    tasks = rng.choice(len(teams), count, replace=False)
    lies[tasks, rng.integers(0, teams.shape[1], count)] = True
    yield Case("random", Claims(plan, classes(lies)), (workers - 1) // 2)
    yield Case("triples", Claims(plan, quarrels(teams, workers // 4)), (workers - 1) // 2)


def quarrels(teams: np.ndarray, count: int) -> np.ndarray:
    """[f, r] int: all copies agree, but in `count` tasks without a common holder no two do."""
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


def time_detector(detector: Detector, case: Case, repeat: int) -> tuple[float, bool]:
    """Median seconds of a step, and whether no verdict came with a note.

    Nothing is carried over from step to step but the detector's memory.
    """
    seconds, exact = [], True
    for step in range(repeat):
        plan = replace(case.claims.plan, step=step)
        hearing = Hearing(
            plan, Claims(plan, case.claims.classes), case.byzantine, lambda tasks: tasks,
            np.random.default_rng(step),
        )  # fmt: skip
        start = time.perf_counter()
        verdict = detector.inspect(hearing)
        seconds.append(time.perf_counter() - start)
        exact &= not verdict.note
    return median(seconds), exact


def clique_enumeration() -> Callable[[Claims, float], tuple[float, bool]]:
    """(claims, limit) -> seconds that networkx takes for all maximal cliques, and if it finished.

    ValueError: networkx is not installed.
    """
    try:
        import networkx as nx
    except ImportError:
        raise ValueError("networkx is not installed; pip install -e .[bench]") from None

    def run(claims: Claims, limit: float) -> tuple[float, bool]:
        start = time.perf_counter()
        agreement = nx.from_numpy_array(~claims.disagreements)
        agreement.remove_edges_from(list(nx.selfloop_edges(agreement)))
        for _ in nx.find_cliques(agreement):
            if time.perf_counter() - start > limit:
                return time.perf_counter() - start, False
        return time.perf_counter() - start, True

    return run
