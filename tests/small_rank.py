"""Helpers that tests import: a small rank, its plans and threats, and what it answers."""

from dataclasses import replace

import numpy as np
import torch
from support import component, members
from torch.nn.utils import parameters_to_vector

from robusttrain.certificate.scheme import Scheme
from robusttrain.membership.planner import MEMBER, PROBATION, Planner
from robusttrain.ops.layout import Layout
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.attack.reversed import Reversed
from robusttrain.threat.placement.fixed import Fixed
from robusttrain.threat.target.all import All
from robusttrain.threat.threat import Threat
from robusttrain.training.augment.none import NoAugment
from robusttrain.training.data.synthetic import Synthetic
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import Supervised

torch.set_num_threads(1)
ATTACKS = members("attack")
IMAGE, CLASSES, WORKERS, BLOCK = (1, 8, 8), 4, 6, 100
LIARS = [1, 4]
PLANNER = Planner(Scheme(Subset(3), WORKERS, tuple(range(WORKERS)), 2), 40, 100, 0, shadows=8)
PLAN = PLANNER(0)
# 4 has been caught and is on probation: all that it computes are shadows.
LATER = PLANNER(1, np.array([MEMBER] * 4 + [PROBATION, MEMBER], np.uint8))


def alie():
    return component(next(path for path in ATTACKS if path.stem == "alie"))


def threat(attack=None, knowledge="omniscient", liars=LIARS, target=None):
    attack, target = attack or Reversed(100.0), target or All()
    return Threat(
        len(liars), knowledge, Fixed(liars), target, attack, seed=0, start=PLAN, classes=CLASSES
    )


def honest_rank():
    """An honest worker rank for all workers, and its parameters."""
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 4), 8)
    layout = Layout.of(model, BLOCK)
    parameters = parameters_to_vector(model.parameters()).detach()
    train, _ = Synthetic(IMAGE, CLASSES, 100, 1, 1.0).load()
    gradients = Gradients(Supervised(4, "vmap"), model, layout, train, NoAugment())
    hosted = list(range(WORKERS))
    recompute = Recompute(gradients, layout, Digest())
    return Worker(hosted, recompute, threat(liars=[])), parameters


def older(parameters, steps):
    """The parameters so many steps before."""
    return parameters * (1 + 0.01 * steps)


def answers(honest, hosted, plan=PLAN, past=0, **changes):
    """What a rank answers that has been there for `past` steps."""
    worker, parameters = honest
    worker = replace(worker, hosted=hosted, **changes)
    for steps in range(past, 0, -1):
        worker.remember(PLANNER(plan.step - steps), older(parameters, steps))
    return worker.answer(plan, parameters)


def commitments(honest, plan, ranks, **changes):
    """What the server makes of the commitments of these ranks."""
    roots = {}
    for hosted in ranks:
        found = answers(honest, hosted, plan, **changes)
        sent = np.frombuffer(found.commitments(plan), np.uint8).reshape(-1, 32)
        counts = np.cumsum([len(plan.held([w])) for w in hosted])[:-1]
        roots |= dict(zip(hosted, np.split(sent, counts), strict=True))
    return Commitments.of(plan, roots, 32)


def copies(found):
    """(worker, task) -> (the row, its root)."""
    return {copy: (found.rows[row], found.roots[row]) for copy, row in found.index.items()}
