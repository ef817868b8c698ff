"""Train on this machine, or under torchrun on many.

python launch/train.py                                 server and 3 worker ranks, digits
python launch/train.py experiment=digits_undefended    the same attack, no defence
python launch/train.py -m defense.byzantine=3,5 ...    a Hydra sweep, one run after another
torchrun --standalone --nproc-per-node 4 launch/train.py ...
"""

import sys

import hydra
from omegaconf import DictConfig

from robusttrain.run.command import refusals_in_one_line
from robusttrain.run.start import prepare, start


@hydra.main(version_base="1.3", config_path="../configs", config_name="train")
def main(config: DictConfig) -> None:
    start(config)


if __name__ == "__main__":
    prepare(sys.argv[1:])
    with refusals_in_one_line(sys.argv[1:]):
        main()
