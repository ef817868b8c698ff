"""Sends NaN in some coordinates (`nan` would be a float on Hydra's command line)."""

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Nans(Attack):
    """row = gradient, its first `coordinates` coordinates replaced by NaN; None: all.

    coordinates: >= 1, or None (ValueError). One is enough to make every coordinate of an
        unguarded geometric median NaN.

    Convicts every worker that committed to the row, once the row is pulled.
    """

    coordinates: int | None
    source: ClassVar[str] = (
        "El Mhamdi, Guerraoui and Rouault, Distributed Momentum (2021), in their code"
    )

    def __post_init__(self) -> None:
        if self.coordinates is not None:
            check_whole("attack.coordinates", self.coordinates, 1, use="1, or null for all")

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.honest.clone()
        rows[:, : self.coordinates] = math.nan
        return rows
