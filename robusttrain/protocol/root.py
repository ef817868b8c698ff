"""The server's own gradient, of samples that no task contains."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from robusttrain.protocol.recompute import Recompute
from robusttrain.rng import derive
from robusttrain.types import Plan


@dataclass(frozen=True, eq=False)
class Root:
    """One task of the server's own, by the same engine as those of the workers.

    samples: [s] int. Indices into the training set; the same in every step.
    seed: int. Names the stream of the augmentation, which is drawn afresh in every step.
    """

    samples: np.ndarray
    seed: int

    def gradient(self, recompute: Recompute, step: int, parameters: Tensor) -> Tensor:
        """[D]: the gradient of the mean loss of all samples at `parameters` [D].

        One backward pass over all of them. Zero where it is not finite, as any honest row is.
        """
        seeds, teams = np.array([derive(self.seed, "root", step)]), np.zeros((1, 1), dtype=np.int64)
        plan = Plan(step, 1, self.samples[None], seeds, teams)
        row = parameters.new_empty(1, recompute.layout.size)
        return recompute.gradients.rows(parameters, plan, np.zeros(1, dtype=np.int64), row)[0]
