"""An attack whose error is within the tolerance of products is warned of, with both figures."""

import pytest
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.run.trial import trial

LIARS = ("threat.byzantine=2", "probe.claim=product")


@pytest.mark.parametrize(
    ("words", "warned"),
    [
        (("attack=reversed", "attack.scale=1", "probe.tolerance=.03"), False),
        (("attack=zero", "probe.tolerance=.999"), False),
        (("attack=alie", "probe.tolerance=.9"), True),
        (("attack=alie", "probe.tolerance=.9", "threat.byzantine=0"), False),
    ],
)
def test_both_figures_are_named(configure, caplog, words, warned):
    trial(recipe(configure(*PROBES, *LIARS, *words)), 2)
    found = [r.getMessage() for r in caplog.records if "probe.tolerance" in r.getMessage()]
    assert len(found) == warned
    if warned:
        assert "attack=alie moves that of worker" in found[0]
