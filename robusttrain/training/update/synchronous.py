"""The optimizer's step, once a direction has been settled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.optim import Optimizer


@dataclass(frozen=True, eq=False)
class Synchronous:
    """Moves the parameters along each direction; a schedule sets the rate, step by step.

    parameters: list of Tensor. What `optimizer` updates, in place; views of the flat vector.
    unflatten: direction [D] -> the gradients of `parameters`, in their order.
    optimizer: torch's, over `parameters`.
    schedule: torch's, over `optimizer`; it moves on in every step, skipped ones too. None: none.
    """

    parameters: Sequence[Tensor]
    unflatten: Callable[[Tensor], Sequence[Tensor]]
    optimizer: Optimizer
    schedule: Any

    def __call__(self, direction: Tensor | None) -> None:
        """Step along `direction` [D]; None: skip the step, so that only the schedule moves on."""
        if direction is not None:
            for parameter, gradient in zip(self.parameters, self.unflatten(direction), strict=True):
                parameter.grad = gradient
            self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()

    def state_dict(self) -> dict[str, Any]:
        """What optimizer and schedule remember; not the parameters."""
        schedule = {} if self.schedule is None else self.schedule.state_dict()
        return {"optimizer": self.optimizer.state_dict(), "schedule": schedule}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
