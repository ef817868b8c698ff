"""Mimic: everyone repeats the same honest gradient."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge, gram


@dataclass(frozen=True)
class Mimic(Attack):
    """row = g_i, i = argmax |z . (g_i - mu)|, z the direction in which honest gradients vary most.

    g_i are the gradients of tasks that nobody lies about, mu their mean: every single row is
    plausible, and together they give one task a weight that it should not have. The published
    attack learns z by Oja's rule over many steps, since a worker's data is the same throughout;
    here tasks are drawn afresh, so z is each step's own leading eigenvector. Where every task
    is lied about, g_i is one of those.
    """

    source: ClassVar[str] = (
        "Karimireddy, He and Jaggi, Byzantine-Robust Learning on Heterogeneous Datasets (2022)"
    )
    needs: ClassVar[str] = "omniscient"
    needs_known: ClassVar[int] = 2

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        _, vectors = torch.linalg.eigh(gram(rows, rows.mean(dim=0)))
        chosen = int(vectors[:, -1].abs().argmax())
        return rows[chosen].expand_as(knowledge.honest)
