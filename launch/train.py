"""Train: `python launch/train.py [overrides]` on this machine, or under torchrun on many.

python launch/train.py                                 server and 3 worker ranks, digits
python launch/train.py experiment=digits_undefended    the same attack, no defence
python launch/train.py -m defense.byzantine=3,5 ...    a Hydra sweep, one run after another
torchrun --standalone --nproc-per-node 4 launch/train.py ...
"""

import os
import sys
from pathlib import Path

from robusttrain.comm.supervisor import announce_server, die_with_parent, leave, supervise

if "RANK" in os.environ:
    die_with_parent()
    announce_server() if os.environ["RANK"] == "0" else supervise()

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from robusttrain.comm.rendezvous import launched, rank, worker_ranks
from robusttrain.config.recipe import Recipe, recipe
from robusttrain.run.recorder import check_folder


@hydra.main(version_base="1.3", config_path="../configs", config_name="train")
def main(config: DictConfig) -> None:
    try:
        checked = recipe(config, worker_ranks() if launched() else None)
        if rank() == 0:
            check_folder(checked.config["run"])
        if launched():
            be_rank(checked)
        else:
            start_all(checked)
    except ValueError as error:
        raise SystemExit(f"error: {error}" if rank() == 0 else 1) from error


def be_rank(checked: Recipe) -> None:
    """This process is one of the ranks that torchrun started."""
    from robusttrain.run.rank import run_rank

    if HydraConfig.get().mode == RunMode.MULTIRUN:
        raise ValueError("-m under torchrun: start a sweep with python launch/train.py -m ...")
    run_rank(checked)
    leave()


def start_all(checked: Recipe) -> None:
    """Run this script again as each of the ranks, with the overrides of this (sweep) job."""
    import torch

    from robusttrain.comm.torchrun import check_port, start_ranks
    from robusttrain.run import assembly

    runtime, settings = checked.runtime, HydraConfig.get()
    assembly.server(checked, runtime.ranks, torch.device("cpu"))  # may refuse its optimizer
    check_port(runtime.port)
    arguments = [f"--config-name={settings.job.config_name}"]
    for source in settings.runtime.config_sources:
        if source.provider == "command-line":
            arguments.append(f"--config-dir={source.path}")
    arguments.extend(settings.overrides.task)
    if settings.mode == RunMode.MULTIRUN:
        arguments.append(f"run.root={settings.sweep.dir}")
    code = start_ranks(str(Path(__file__).resolve()), arguments, runtime.ranks, runtime.port)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
