"""Certify: what an assignment guarantees against q liars, whoever they are, before a run.

python launch/certify.py assignment=subset workers=15 byzantine=5
python launch/certify.py assignment=mols workers=21 byzantine=6 audit.random=2
python launch/certify.py --compare workers=15 assignment.replication=3 --csv table.csv
"""

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException, InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console
from rich.table import Table

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.redundancy.assignment.base import Assignment

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
EFFORT = 10**9  # the time limit decides
ATTACKS = {
    "voted": "vote alone",
    "undetected": "vote and cover",
    "overt": "lying about everything",
    "unanimous": "held by liars alone",
}
FIELDS = ("scheme", "attack", "byzantine", "count", "ceiling", "tasks", "fraction", "exact")
Certificates = dict[str, dict[int, Certificate]]  # by scheme, by q


def main(arguments: Sequence[str] | None = None) -> None:
    options, overrides = parse(arguments)
    try:
        run(options, overrides)
    except InstantiationException as error:
        raise SystemExit(f"error: {error.__cause__ or error}") from error
    except (ValueError, OSError, HydraException, OmegaConfBaseException) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="All other arguments are Hydra overrides of configs/certify.yaml.",
    )
    parser.add_argument("--compare", action="store_true", help="all schemes side by side")
    parser.add_argument("--csv", type=Path, help="also write the numbers to this file")
    parser.add_argument("--png", type=Path, help="with --compare: plot them to this file")
    parser.add_argument("--limit", type=float, default=50.0, help="seconds in all (default 50)")
    options, overrides = parser.parse_known_args(arguments)
    unknown = [word for word in overrides if word.startswith("-")]
    if unknown:
        parser.error(f"unknown option {unknown[0]}")
    return options, overrides


def run(options: argparse.Namespace, overrides: list[str]) -> None:
    if options.png and not options.compare:
        raise ValueError("--png plots a comparison; add --compare")
    if options.limit <= 0:
        raise ValueError(f"--limit {options.limit:g} must be > 0 seconds")
    for path in filter(None, (options.csv, options.png)):
        if not path.resolve().parent.is_dir():
            raise ValueError(f"{path}: there is no folder {path.resolve().parent}; create it")
    deadline = time.monotonic() + options.limit
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = compose("certify", overrides)
        for key in ("workers", "byzantine", "audit.random"):
            if type(value := OmegaConf.select(config, key)) is not int:
                raise ValueError(f"{key}={value} must be a whole number")
        if options.compare:
            assignments, missing = schemes(config)
            found = compare(assignments, config.workers, asked(config), deadline)
            show_comparison(found, missing, config)
        else:
            found = certify_one(config, deadline)
    if options.csv:
        write_csv(found, options.csv)
    if options.png:
        plot(found, options.png)


def certify_one(config: DictConfig, deadline: float) -> Certificates:
    assignment = instantiate(config.assignment)
    certificate = certify(assignment, config.workers, config.byzantine, EFFORT, deadline)
    print("\n".join(certificate.lines(config.audit.random)))
    return {certificate.scheme: {config.byzantine: certificate}}


def schemes(config: DictConfig) -> tuple[dict[str, Assignment], dict[str, str]]:
    """The schemes that exist for these workers and replication, and why the others do not."""
    exist, missing = {}, {}
    for name in config.schemes:
        part = compose("certify", [f"assignment={name}"]).assignment
        if name == OmegaConf.select(config, "assignment._target_").split(".")[-2]:
            part = config.assignment
        elif "replication" in part and "replication" in config.assignment:
            part.replication = config.assignment.replication
        try:
            assignment = instantiate(part)
            why = assignment.obstacle(config.workers)
        except InstantiationException as error:
            why = str(error.__cause__ or error)
        if why is None:
            exist[name] = assignment
        else:
            missing[name] = why
    return exist, missing


def asked(config: DictConfig) -> list[int]:
    if config.compare_byzantine is None:
        return list(range(min(2, (config.workers - 1) // 2), (config.workers - 1) // 2 + 1))
    return sorted(set(config.compare_byzantine))


def compare(
    assignments: dict[str, Assignment], workers: int, counts: list[int], deadline: float
) -> Certificates:
    """Every certificate has an equal share of the time that those before it left over."""
    found: Certificates = {name: {} for name in assignments}
    todo = [(name, q) for name in assignments for q in counts]
    for done, (name, q) in enumerate(todo):
        now = time.monotonic()
        end = now + max(0.0, deadline - now) / (len(todo) - done)
        found[name][q] = certify(assignments[name], workers, q, EFFORT, end)
    return found


def rows(certificates: dict[int, Certificate]) -> dict[str, list[str]]:
    """Label -> one cell for each q: tasks and share of tasks; `a..b` is a bound."""
    table: dict[str, list[str]] = {}
    for c in certificates.values():
        for attack, label in ATTACKS.items():
            worst = c.attacks[attack]
            many = str(worst.count) if worst.exact else f"{worst.count}..{worst.ceiling}"
            table.setdefault(label, []).append(f"{many} {c.fraction(worst):.4f}")
            if attack == "overt":
                cell = f"{c.dropped} {c.dropped / c.tasks:.4f}"
                table.setdefault(f"{label}: dropped", []).append(cell)
        if c.expansion is not None:
            table.setdefault("expansion bound, vote alone", []).append(f"{c.expansion:.2f}")
    return table


def show_comparison(found: Certificates, missing: dict[str, str], config: DictConfig) -> None:
    counts = asked(config)
    copies = config.assignment.get("replication", 1)
    table = Table(title=f"workers={config.workers}, replication={copies}: tasks lost at worst")
    table.add_column("scheme")
    table.add_column("attack", no_wrap=True)
    for q in counts:
        table.add_column(f"q={q}", justify="right", no_wrap=True)
    for name, certificates in found.items():
        tasks = next((c.tasks for c in certificates.values()), 0)
        for i, (label, cells) in enumerate(rows(certificates).items()):
            table.add_row(f"{name} /{tasks}" if i == 0 else "", label, *cells)
        table.add_section()
    console = Console() if sys.stdout.isatty() else Console(width=60 + 14 * len(counts))
    console.print(table)
    for name, why in missing.items():
        console.print(f"{name} does not exist here: {why}", markup=False, highlight=False)


def write_csv(found: Certificates, path: Path) -> None:
    """One row for each scheme, attack and q; fraction is count / tasks."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for name, certificates in found.items():
            for q, c in certificates.items():
                lost = {attack: (w.count, w.ceiling) for attack, w in c.attacks.items()}
                top = c.unanimous.ceiling if c.convicts_all_overt else c.dropped
                lost["dropped"] = (c.dropped, top)
                for attack, (count, top) in lost.items():
                    row = (name, attack, q, count, top, c.tasks, count / c.tasks, count == top)
                    writer.writerow(row)
                if c.expansion is not None:
                    share = c.expansion / c.tasks
                    writer.writerow((name, "expansion", q, "", c.expansion, c.tasks, share, False))
    print(f"wrote {path}")


def plot(found: Certificates, path: Path) -> None:
    """Share of tasks forged against q, a line for each scheme; a bound is shaded and dashed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for axis, attack in zip(axes, ("voted", "undetected"), strict=True):
        for name, certificates in found.items():
            counts = list(certificates)
            low = [c.fraction(c.attacks[attack]) for c in certificates.values()]
            high = [c.ceiling(c.attacks[attack]) for c in certificates.values()]
            (line,) = axis.plot(counts, low, marker="o", markersize=3, label=name)
            if high != low:
                axis.plot(counts, high, linestyle="--", linewidth=1, color=line.get_color())
                axis.fill_between(counts, low, high, alpha=0.15, color=line.get_color())
        axis.axhline(0.5, color="grey", linewidth=0.8)
        axis.set(xlabel="liars q", title=ATTACKS[attack])
    axes[0].set(ylabel="share of tasks forged at worst", ylim=(0, None))
    axes[0].legend()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
