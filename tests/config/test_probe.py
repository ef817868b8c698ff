"""What must go together with agreement=probe is refused in one line, with a remedy."""

import pytest
from probes import PROBES

from robusttrain.config.probe import probes_of
from robusttrain.config.recipe import recipe
from robusttrain.config.resolved import resolved


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["probe.share=0"], "probe.share=0"),
        (["probe.share=1.5"], "probe.share=1.5"),
        (["probe.checkers=0"], "probe.checkers=0"),
        (["probe.checkers=7"], "probe.checkers=7 must be below workers=7"),
        (["probe.alert=-1"], "probe.alert=-1"),
        (["defense.byzantine=4"], "defense.byzantine=4 must be less than half"),
        (["assignment=subset"], "assignment=subset has 3 copies"),
        (["detector=cover"], "set detector=none"),
        (["defense.evict=true", "probation.clean_steps=3"], "evicts for good"),
        (["audit.rank=1", "runtime.ranks=2"], "set audit.rank=0"),
        (["target=disagreement", "threat.byzantine=2"], "use target=all"),
        (["threat.claims=loud"], "threat.claims=loud must be one of honest"),
        (["agreement=none", "threat.claims=frame"], "set agreement=probe"),
    ],
)
def test_what_does_not_fit_is_refused(configure, words, said):
    with pytest.raises(ValueError, match=said) as refusal:
        recipe(configure(*PROBES, *words))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "words", [["target=disagreement"], ["attack=silent", "threat.byzantine=3"]]
)
def test_what_has_a_meaning_for_sums_is_not(configure, words):
    assert recipe(configure(*PROBES, *words)).agreement.probes


def test_tasks_beyond_one_a_worker_are_one_vector_each_worker(configure):
    made = recipe(configure(*PROBES, "assignment.tasks=35"))
    assert (made.exposure.tasks, made.exposure.bad) == (7, 3)
    probes = probes_of(resolved(configure(*PROBES, "probe.share=.25", "defense.byzantine=2")))
    assert (probes.workers, probes.byzantine, probes.share, probes.checkers) == (7, 2, 0.25, 1)
