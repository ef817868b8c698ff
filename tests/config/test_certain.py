"""Whether the mean is taken when all assumed liars are known, and why."""

import pytest
from probes import PROBES

from robusttrain.config.certain import certain_lines, mean_when_certain
from robusttrain.config.recipe import recipe
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.probe import Probe

CFG = {
    "defense": {"mean_when_certain": "auto", "byzantine": 2},
    "probe": {"claim": "product", "lanes": 1},
    "optimizer": {"_target_": "torch.optim.SGD"},
    "aggregator": {"_target_": "robusttrain.defense.aggregator.median.Median"},
}
EXACT = {"probe": {"claim": "exact", "lanes": 1}}
SIGNS = {"_target_": "robusttrain.defense.aggregator.sign_majority.SignMajority"}


@pytest.mark.parametrize(
    ("changed", "mean", "why"),
    [
        ({}, True, "tell errors of hardware"),
        (EXACT, False, "an error of hardware"),
        ({"optimizer": {"_target_": "torch.optim.adamw.AdamW"}}, False, "under AdamW"),
        ({"optimizer": {"_target_": "mine.Sign"}}, False, "under Sign"),
        ({"aggregator": SIGNS}, False, "than sign_majority"),
        (
            {"defense": {"mean_when_certain": True, "byzantine": 2}, "probe": {"claim": "exact"}},
            True,
            "says",
        ),
        ({"defense": {"mean_when_certain": False, "byzantine": 2}}, False, "says"),
    ],
)
def test_auto_with_probes_is_the_mean_only_where_little_can_be_left(changed, mean, why):
    cfg = CFG | changed
    found = mean_when_certain(cfg, Probe())
    assert (found[0], why in found[1]) == (mean, True)
    (line,) = certain_lines(cfg, Probe())
    assert ("the mean of the others" in line) == mean
    assert found[1] in line


@pytest.mark.parametrize("chosen", ["auto", True, False])
def test_with_digests_auto_is_the_mean(chosen):
    cfg = CFG | {"defense": {"mean_when_certain": chosen}}
    assert mean_when_certain(cfg, Digest())[0] == (chosen is not False)


def test_where_nobody_is_assumed_to_lie_there_is_nothing_to_say():
    assert certain_lines(CFG | {"defense": {"byzantine": 0}}, Probe()) == []


@pytest.mark.parametrize(("word", "mean"), [("auto", False), ("true", True), ("false", False)])
def test_the_defence_is_told(configure, word, mean):
    made = recipe(configure(*PROBES, f"defense.mean_when_certain={word}"))
    assert made.defense.mean_when_certain is mean
    assert recipe(configure()).defense.mean_when_certain is True
