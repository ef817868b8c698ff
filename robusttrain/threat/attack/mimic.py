"""Mimic: sends the same honest gradient for every task."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.ops.gram import centred_gram
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class Mimic(Attack):
    """row = g_i, i = argmax |z . (g_i - mu)|, z the direction in which honest gradients vary most.

    g_i: the gradients of spared tasks, or of all if fewer than two are spared; mu: their mean.

    Each row is an honest gradient; together they give one task too large a weight. The
    published attack learns z by Oja's rule over many steps, since there a worker keeps its
    data; here tasks change at each step, so z is the leading eigenvector of the step.
    """

    source: ClassVar[str] = (
        "Karimireddy, He and Jaggi, Byzantine-Robust Learning on Heterogeneous Datasets (2022)"
    )
    needs: ClassVar[str] = "omniscient"
    needs_known: ClassVar[int] = 2

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        _, vectors = torch.linalg.eigh(centred_gram([rows], centre=rows.mean(dim=0)))
        chosen = int(vectors[:, -1].abs().argmax())
        return rows[chosen].expand_as(knowledge.honest)
