"""`objective.vectorize=auto`: the fastest way that works, kept with the run."""

import pytest
import torch

from robusttrain.config.recipe import recipe
from robusttrain.run import assembly, vectorize
from robusttrain.run.simulate import simulate

OWN = ("data=own", "data.make=own_parts.make_data", "model._target_=own_parts.Net")


@pytest.fixture
def settled(configure, small):
    """settled(*overrides) -> the recipe, its way chosen."""

    def run(*overrides):
        made = recipe(configure(*small, *OWN, "objective.vectorize=auto", *overrides), 1)
        computes = assembly.recompute(made, torch.device("cpu"))
        vectorize.settle(
            made, computes.gradients, made.planner(0), torch.randn(made.layout.size) / 10
        )
        return made

    return run


@pytest.mark.parametrize("best", ["vmap", "loop", "batched"])
def test_the_fastest_is_chosen_and_kept(settled, monkeypatch, best):
    def timed(gradients, *rest):
        return 1.0 if gradients.objective.vectorize == best else 2.0

    monkeypatch.setattr(vectorize, "timed", timed)
    made = settled()
    assert made.objective.vectorize == made.config["objective"]["vectorize"] == best


def test_a_way_that_fails_is_left_out_and_reported(settled, caplog):
    made = settled("model._target_=own_parts.Branching")
    assert made.objective.vectorize == "loop"
    for way in ("vmap", "batched"):
        assert f"leaves {way} out" in caplog.text
    assert "auto chose loop; ms a task: loop" in caplog.text


def test_a_simulation_chooses_too_and_leaves_its_recipe_alone(configure, small):
    made = recipe(configure(*small, *OWN, "objective.vectorize=auto", "steps=1"), 1)
    simulate(made, ranks=1)
    assert made.objective.vectorize == "auto"
