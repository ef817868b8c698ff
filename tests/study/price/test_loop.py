"""The plain loop computes the mean of the sums that workers send."""

import torch
from price_parts import setting_of

from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run.assembly import recompute
from robusttrain.study.price.loop import Loop
from robusttrain.study.price.rows import row_of
from robusttrain.training.gradient.sums import Sums

CPU = torch.device("cpu")


def flat(loop: Loop, name: str) -> torch.Tensor:
    values = [p if name == "data" else p.grad for p in loop.model.parameters()]
    return torch.cat([value.detach().flatten() for value in values])


def test_its_gradient_is_the_mean_of_all_sums_and_it_steps_along_it():
    recipe = setting_of().recipe(row_of("unprobed"))
    loop, plan = Loop(recipe, CPU, range(4)), recipe.planner(0)
    before = flat(loop, "data").clone()
    sums = as_engine(Sums, recompute(recipe, CPU).gradients)
    rows = torch.stack([sums.sum(before, plan, w, torch.empty_like(before)) for w in range(4)])
    loop.compute(plan)
    assert torch.allclose(flat(loop, "grad"), rows.mean(0), atol=1e-6)
    loop.update()
    assert not torch.equal(flat(loop, "data"), before)
    assert not flat(loop, "grad").any()
