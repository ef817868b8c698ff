"""Whether the tolerance of product claims leaves room for the attack that is configured."""

import torch

from robusttrain.config.recipe import Recipe
from robusttrain.names import name_of
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.protocol.shares import shares
from robusttrain.protocol.worker import Worker
from robusttrain.run.sides import answers_of
from robusttrain.training.gradient.sums import Sums


def too_wide(
    recipe: Recipe, recompute: Recompute, parameters: torch.Tensor, tolerance: float
) -> str:
    """A warning if a liar's error in step 0 is within the tolerance; empty if it is not.

    parameters: [D].
    tolerance: c_tau; 0: claims are exact, or there are none.
    """
    if not tolerance:
        return ""
    plan = shares(recipe.planner(0))
    liars = recipe.threat.liars(plan).nonzero()[0].tolist()
    if not liars:
        return ""
    liar = liars[0]
    side = answers_of(recipe, Worker([liar], recompute, recipe.threat))
    assert isinstance(side, Prober)
    true = as_engine(Sums, recompute.gradients).sum(
        parameters, plan.whole, liar, torch.empty_like(parameters)
    )
    sent = side.checker.sent(plan, parameters, liar)
    error, reach = float((sent - true).norm()), tolerance * float(sent.norm() + true.norm())
    if not 0 < error <= reach:
        return ""
    return (
        f"probe.tolerance={tolerance:g}: products rarely tell sums that are less than {reach:.2g} "
        f"apart, and attack={name_of(recipe.threat.attack)} moves that of worker {liar} by "
        f"{error:.2g}; lower probe.tolerance, or set probe.claim=exact where all ranks compute "
        "alike"
    )
