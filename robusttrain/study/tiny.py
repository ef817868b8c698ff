"""The least model that has something to learn, for runs of many steps."""

import math

from torch import Tensor, nn


class Tiny(nn.Module):
    """A linear layer over flattened inputs."""

    def __init__(self, image: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        self.layer = nn.Linear(math.prod(image), classes)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs.flatten(1))
