"""Whole runs with claims that are products, on mixed hardware, and a referee on a trusted rank."""

import copy

import pytest
import torch
from probes import PROBES
from simulation import change, die, when

from robusttrain.comm.link import Kind
from robusttrain.config.recipe import recipe
from robusttrain.defense.probe_verdict import Within
from robusttrain.protocol.schedule import on_time
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run.sides import answers_of
from robusttrain.run.simulate import simulate
from robusttrain.training.gradient.double import DoubleSums
from robusttrain.training.gradient.sums import Sums

LIARS = ("threat.byzantine=3", "placement.workers=[1,4,6]")
PRODUCT = (*PROBES, "probe.claim=product", "probe.tolerance=0.03")


def counted(kind):
    """A schedule that loses nothing, and the list of the messages of this kind that it saw."""
    seen = []

    def schedule(delivery):
        if getattr(delivery.message, "kind", None) == kind:
            seen.append(delivery)
        return on_time(delivery)

    return schedule, seen


@pytest.mark.parametrize("claims", ["honest", "collude", "frame", "lazy"])
def test_liars_are_convicted_and_nobody_else(simulated, claims):
    run = simulated(*PRODUCT, *LIARS, f"threat.claims={claims}", "probe.lanes=2", ranks=2)
    assert run.summary["convicted"] == [1, 4, 6]
    assert run.summary["false_convictions"] == []
    assert run.summary["audits"] == 3


def test_without_liars_the_parameters_are_those_of_digests_but_for_a_loss_in_float64(simulated):
    run = simulated(*PRODUCT, "probe.share=1")
    assert run.summary["audits"] == 0
    assert torch.allclose(run.parameters, simulated(*PROBES).parameters, rtol=0, atol=1e-3)


def test_claims_of_nan_and_huge_ones_convict_whoever_makes_them(simulated):
    for value in (float("nan"), 1e308, float("inf")):
        said = torch.tensor([value], dtype=torch.float64).view(torch.uint8)
        schedule = when(change(payload=said), rank=3, kind=Kind.CLAIMS, until=1)
        run = simulated(*PRODUCT, ranks=7, schedule=schedule)
        assert run.summary["convicted"] == run.steps[0].hosting[3]


class OtherClass(Sums):
    """Sums as hardware of another class finds them: in float64, then rounded."""

    def sum(self, parameters, plan, worker, out):
        made = torch.empty_like(out, dtype=torch.float64)
        return out.copy_(DoubleSums.of(self).sum(parameters.double(), plan, worker, made))


def mixed(checked, worker):
    """Odd ranks compute as another class of hardware does."""
    side = answers_of(checked, worker)
    gradients = side.worker.recompute.gradients
    if worker.hosted[0] % 2:
        gradients.__dict__["sums"] = as_engine(OtherClass, gradients)
    return side


def test_another_class_of_hardware_is_a_lie_for_digests_and_none_for_products(simulated):
    liar = ("threat.byzantine=1", "placement.workers=[5]", "probe.share=1", "steps=4")
    words = (*PRODUCT, *liar, "probe.tolerance=auto", "probe.checkers=2")
    run = simulated(*words, ranks=7, side=mixed)
    assert run.summary["convicted"] == [5]
    assert run.summary["audits"] == 1
    exact = simulated(*PROBES, *liar, ranks=7, side=mixed)
    assert exact.summary["false_convictions"] != []


def test_a_trusted_rank_recomputes_in_the_place_of_the_server(simulated):
    for words, sums in ((PROBES, 1), (PRODUCT, 1 + Within.perturbations)):
        schedule, asked = counted(Kind.AUDIT)
        words = (*words, *LIARS, "threat.claims=frame", "steps=4")
        run = simulated(*words, "audit.rank=2", ranks=3, schedule=schedule)
        assert {delivery.rank for delivery in asked} == {2}
        assert run.summary["audits"] == 3
        assert len(asked) == 3 * sums
        assert run.summary["convicted"] == [1, 4, 6]
        assert run.steps[0].hosting[2] == []
        assert torch.equal(run.parameters, simulated(*words, ranks=1).parameters)


def test_if_the_trusted_rank_is_lost_the_server_does_it(simulated):
    schedule = when(die, rank=2, kind=Kind.TRUTH)
    words = (*PROBES, *LIARS, "audit.rank=2")
    run = simulated(*words, ranks=3, schedule=schedule)
    assert set(run.lost) == {2}
    assert run.summary["convicted"] == [1, 4, 6]


def test_a_start_after_a_kill_judges_products_by_their_seed(configure, tmp_path):
    class Killed(Exception):
        pass

    def kill(delivery):
        raise Killed

    words = (*PRODUCT, *LIARS, f"probe.journal={tmp_path / 'journal'}")
    checked = recipe(configure(*words))
    with pytest.raises(Killed):
        simulate(copy.deepcopy(checked), None, 1, when(kill, kind=Kind.REVEAL))
    assert sorted(simulate(checked, None, 1).exchange.convicted) == [1, 4, 6]
