"""Certificates of several assignments side by side: as a table and as rows of a CSV file."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, ListConfig
from rich.table import Table

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.combinatorics.effort import UNLIMITED
from robusttrain.config.compose import compose
from robusttrain.config.instantiate import make
from robusttrain.names import name_of_target
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.report.csv_file import write_csv
from robusttrain.values import check_whole

MOST_WORKERS = 1_000  # bounds take eigenvalues of [K, K],
MOST_CELLS = 20_000_000  # and searches several arrays of tasks x workers
ATTACKS = {
    "voted": "vote alone",
    "undetected": "vote and cover",
    "overt": "lying about everything",
    "unanimous": "held by liars alone",
}
FIELDS = ("scheme", "attack", "byzantine", "count", "ceiling", "tasks", "fraction", "exact")
Certificates = dict[str, dict[int, Certificate]]


@dataclass(frozen=True)
class Comparison:
    """What the schemes guarantee for the same workers and replication.

    workers: K.
    replication: r that was asked for; `single` has 1.
    byzantine: the numbers of liars q, ascending.
    certificates: by scheme and q.
    missing: why the other schemes do not exist, by name.
    """

    workers: int
    replication: int
    byzantine: list[int]
    certificates: Certificates
    missing: dict[str, str]


def check_lists(config: DictConfig) -> None:
    """Raise ValueError unless what `certify.yaml` says of --compare is lists, or null."""
    counts, names = config.compare_byzantine, config.schemes
    if counts is not None and not (isinstance(counts, ListConfig) and counts):
        raise ValueError(
            f"compare_byzantine={counts} must be a list of q, as [2,3]; use [{config.byzantine}], "
            "or null for all"
        )
    for count in counts or ():
        check_whole("compare_byzantine", count, 0, use=f"[{config.byzantine}], or null for all")
    if not (isinstance(names, ListConfig) and names):
        raise ValueError(f"schemes={names} must be a list of assignments; use [subset,mols]")


def certify_one(config: DictConfig, deadline: float) -> Certificate:
    """The certificate of the assignment in a composed `certify.yaml`, before a time.monotonic()."""
    assignment = make({"assignment": config.assignment}, "assignment")
    assignment.check(config.workers)
    if too_large := unsearchable(assignment, config.workers):
        raise ValueError(f"workers={config.workers}: {too_large}; use fewer workers")
    return certify(assignment, config.workers, config.byzantine, UNLIMITED, deadline)


def unsearchable(assignment: Assignment, workers: int) -> str | None:
    """Why the guarantees of a scheme that exists are not computed: it is too large; else None."""
    if workers > MOST_WORKERS:
        return f"guarantees are computed for at most {MOST_WORKERS} workers"
    cells = len(assignment.teams(workers)) * workers
    if cells > MOST_CELLS:
        return f"tasks x workers is {cells}, and guarantees are computed up to {MOST_CELLS}"
    return None


def compare(config: DictConfig, deadline: float) -> Comparison:
    """The certificates of all schemes in a composed `certify.yaml`, before a time.monotonic()."""
    assignments, missing = schemes(config)
    if config.compare_byzantine is None:
        most = (config.workers - 1) // 2
        counts = list(range(min(2, most), most + 1))
    else:
        counts = sorted(set(config.compare_byzantine))
    certificates = certify_all(assignments, config.workers, counts, deadline)
    replication = config.assignment.get("replication", 1)
    return Comparison(config.workers, replication, counts, certificates, missing)


def schemes(config: DictConfig) -> tuple[dict[str, Assignment], dict[str, str]]:
    """The schemes that exist for these workers and replication, and why the others do not."""
    exist: dict[str, Assignment] = {}
    missing: dict[str, str] = {}
    chosen = name_of_target(config.assignment["_target_"])
    for name in config.schemes:
        if name == chosen:
            part = config.assignment
        else:
            part = compose(f"assignment={name}", name="certify").assignment
            if "replication" in part and "replication" in config.assignment:
                part.replication = config.assignment.replication
        try:
            assignment = make({"assignment": part}, "assignment")
            why = assignment.obstacle(config.workers)
            why = why or unsearchable(assignment, config.workers)
        except ValueError as error:
            why = str(error)
        if why is None:
            exist[name] = assignment
        else:
            missing[name] = why
    return exist, missing


def certify_all(
    assignments: dict[str, Assignment], workers: int, counts: Sequence[int], deadline: float
) -> Certificates:
    """Every certificate has an equal share of the time that those before it left over.

    Those whose turn comes when none is left are not made.
    """
    certificates: Certificates = {name: {} for name in assignments}
    todo = [(name, q) for q in counts for name in assignments]
    for done, (name, q) in enumerate(todo):
        now = time.monotonic()
        if now > deadline:
            break
        end = now + (deadline - now) / (len(todo) - done)
        certificates[name][q] = certify(assignments[name], workers, q, UNLIMITED, end)
    return certificates


def cells(certificates: dict[int, Certificate], byzantine: Sequence[int]) -> dict[str, list[str]]:
    """Label -> one cell for each q: tasks and share of tasks; `a..b` is a bound; - is not known."""
    columns = [column(certificates[q]) if q in certificates else {} for q in byzantine]
    labels = dict.fromkeys(label for column in columns for label in column)
    return {label: [column.get(label, "-") for column in columns] for label in labels}


def column(certificate: Certificate) -> dict[str, str]:
    """Label -> the cell of one certificate."""
    table: dict[str, str] = {}
    for attack, label in ATTACKS.items():
        worst = certificate.attacks[attack]
        amount = str(worst.count) if worst.exact else f"{worst.count}..{worst.ceiling}"
        table[label] = f"{amount} {certificate.fraction(worst):.4f}"
        if attack == "overt":
            dropped = certificate.dropped
            table[f"{label}: dropped"] = f"{dropped} {dropped / certificate.tasks:.4f}"
    if certificate.expansion is not None:
        table["expansion bound, vote alone"] = f"{certificate.expansion:.2f}"
    return table


def comparison_table(comparison: Comparison) -> Table:
    """A section for each scheme, a line for each attack, a column for each q."""
    size = f"workers={comparison.workers}, replication={comparison.replication}"
    table = Table(title=f"{size}: tasks lost at worst")
    table.add_column("scheme")
    table.add_column("attack", no_wrap=True)
    for q in comparison.byzantine:
        table.add_column(f"q={q}", justify="right", no_wrap=True)
    for name, certificates in comparison.certificates.items():
        tasks = next((c.tasks for c in certificates.values()), 0)
        head = f"{name} /{tasks}"
        for label, line in cells(certificates, comparison.byzantine).items():
            table.add_row(head, label, *line)
            head = ""
        table.add_section()
    return table


def write_certificates(certificates: Certificates, path: Path) -> None:
    """One row for each scheme, attack and q; fraction is count / tasks."""
    write_csv(path, FIELDS, _csv_rows(certificates))


def _csv_rows(certificates: Certificates) -> Iterator[tuple[object, ...]]:
    for name, by_count in certificates.items():
        for q, c in by_count.items():
            lost = {attack: (worst.count, worst.ceiling) for attack, worst in c.attacks.items()}
            top = c.unanimous.ceiling if c.convicts_all_overt else c.dropped
            lost["dropped"] = (c.dropped, top)
            for attack, (count, ceiling) in lost.items():
                share = count / c.tasks
                yield name, attack, q, count, ceiling, c.tasks, share, count == ceiling
            if c.expansion is not None:
                share = c.expansion / c.tasks
                yield name, "expansion", q, "", c.expansion, c.tasks, share, False
