"""The optimizer's step, once a direction has been settled."""

from dataclasses import dataclass

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


@dataclass(frozen=True, eq=False)
class Synchronous:
    """Moves the flat parameters along each direction; a schedule sets the rate, step by step.

    parameters: [D] float32. What `optimizer` updates, in place.
    optimizer: torch's, over `parameters` alone.
    schedule: torch's, over `optimizer`; it moves on in every step, skipped ones too.
    """

    parameters: Tensor
    optimizer: Optimizer
    schedule: LRScheduler

    def __call__(self, direction: Tensor | None) -> None:
        """Step along `direction` [D]; None: skip the step, so that only the schedule moves on."""
        if direction is not None:
            self.parameters.grad = direction
            self.optimizer.step()
        self.schedule.step()
