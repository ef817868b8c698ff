"""Certificates of several assignments side by side: as a table and as rows of a CSV file."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, ListConfig, OmegaConf
from rich.table import Table

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.combinatorics.effort import UNLIMITED
from robusttrain.config.instantiate import make
from robusttrain.config.paths import CONFIGS
from robusttrain.names import name_of_target
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.report.csv_file import write_csv
from robusttrain.values import check_whole

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


def check_numbers(config: DictConfig) -> None:
    """Raise ValueError unless the numbers in `certify.yaml` are whole."""
    for key in ("workers", "byzantine", "audit.random"):
        value = OmegaConf.select(config, key)
        if type(value) is not int:
            raise ValueError(f"{key}={value} must be a whole number")


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
    return certify(assignment, config.workers, config.byzantine, UNLIMITED, deadline)


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
            with initialize_config_dir(str(CONFIGS), version_base="1.3"):
                part = compose("certify", [f"assignment={name}"]).assignment
            if "replication" in part and "replication" in config.assignment:
                part.replication = config.assignment.replication
        try:
            assignment = make({"assignment": part}, "assignment")
            why = assignment.obstacle(config.workers)
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
    """Every certificate has an equal share of the time that those before it left over."""
    certificates: Certificates = {name: {} for name in assignments}
    todo = [(name, q) for name in assignments for q in counts]
    for done, (name, q) in enumerate(todo):
        now = time.monotonic()
        end = now + max(0.0, deadline - now) / (len(todo) - done)
        certificates[name][q] = certify(assignments[name], workers, q, UNLIMITED, end)
    return certificates


def cells(certificates: dict[int, Certificate]) -> dict[str, list[str]]:
    """Label -> one cell for each q: tasks and share of tasks; `a..b` is a bound."""
    table: dict[str, list[str]] = {}
    for c in certificates.values():
        for attack, label in ATTACKS.items():
            worst = c.attacks[attack]
            amount = str(worst.count) if worst.exact else f"{worst.count}..{worst.ceiling}"
            table.setdefault(label, []).append(f"{amount} {c.fraction(worst):.4f}")
            if attack == "overt":
                cell = f"{c.dropped} {c.dropped / c.tasks:.4f}"
                table.setdefault(f"{label}: dropped", []).append(cell)
        if c.expansion is not None:
            table.setdefault("expansion bound, vote alone", []).append(f"{c.expansion:.2f}")
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
        for label, line in cells(certificates).items():
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
