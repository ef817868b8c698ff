"""Train: `python launch/train.py [overrides]` on this machine, or under torchrun on many.

python launch/train.py                                 server and 3 worker ranks, digits
python launch/train.py experiment=digits_undefended    the same attack, no defence
python launch/train.py -m defense.byzantine=3,5 ...    a Hydra sweep, one run after another
torchrun --standalone --nproc-per-node 4 launch/train.py ...
"""

import os
import sys
from pathlib import Path

if int(os.environ.get("RANK", "0")) > 0:
    from robusttrain.comm.guard import outlive

    outlive()

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from robusttrain.build import recipe
from robusttrain.comm.ranks import launched, rank, worker_ranks
from robusttrain.record import check_folder


@hydra.main(version_base="1.3", config_path="../configs", config_name="train")
def main(config: DictConfig) -> None:
    try:
        checked = recipe(config, worker_ranks() if launched() else None)
        if rank() == 0:
            check_folder(checked.config["run"])
        if launched():
            if HydraConfig.get().mode == RunMode.MULTIRUN:
                raise ValueError("-m under torchrun: start a sweep with python launch/train.py -m")
            from robusttrain.run import run_rank

            run_rank(checked)
        else:
            start(checked.runtime.ranks, checked.runtime.port)
    except ValueError as error:
        raise SystemExit(f"error: {error}" if rank() == 0 else 1) from error


def start(ranks: int, port: int) -> None:
    """Run this script again as each of the ranks, with the overrides of this (sweep) job."""
    from robusttrain.comm.launch import check_port, start_ranks

    check_port(port)
    settings = HydraConfig.get()
    arguments = [f"--config-name={settings.job.config_name}"]
    for source in settings.runtime.config_sources:
        if source.provider == "command-line":
            arguments.append(f"--config-dir={source.path}")
    code = start_ranks(
        str(Path(__file__).resolve()), [*arguments, *settings.overrides.task], ranks, port
    )
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
