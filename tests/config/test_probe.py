"""What must go together with agreement=probe is refused in one line, with a remedy."""

import pytest
from probes import PROBES

from robusttrain.certificate.products import pass_of_length
from robusttrain.config.probe import lanes_of, probes_of
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
        (["probe.share=nan"], "probe.share=nan must be a number"),
        (["probe.share=true"], "probe.share=true must be a number"),
        (["probe.share=x"], "probe.share=x must be a number"),
        (["probe.share=-1"], "probe.share=-1 must be above 0"),
        (["probe.checkers=1.5"], "probe.checkers=1.5 must be a whole number"),
        (["probe.journal="], "probe.journal= must not be empty; use null"),
        (
            ["workers=1", "defense.byzantine=0", "runtime.ranks=1"],
            "least workers=2, or agreement=none",
        ),
        (["audit.random=2"], "set audit.random=0"),
        (["audit.budget=1"], "set audit.budget=null"),
        (["assignment=subset"], "assignment=subset has 3 copies"),
        (["assignment=repetition", "workers=9", "batch=9"], "3 copies; use assignment=single"),
        (["detector=cover"], "set detector=none"),
        (["defense.evict=true", "probation.clean_steps=3"], "evicts for good"),
        (["probe.claim=digest"], "probe.claim=digest must be one of auto, exact, product"),
        (["probe.lanes=0"], "probe.lanes=0 must be a whole number >= 1"),
        (["probe.lanes=1.5"], "probe.lanes=1.5"),
        (["probe.tolerance=0"], "probe.tolerance=0 must be above 0 and below 1"),
        (["probe.tolerance=1"], "probe.tolerance=1 must be above 0 and below 1"),
        (["probe.tolerance=nan"], "probe.tolerance=nan"),
        (["probe.tolerance=loose"], "probe.tolerance=loose"),
        (["probe.claim=exact", "probe.tolerance=.1"], "set probe.claim=product"),
        (["probe.claim=exact", "probe.lanes=2"], "probe.lanes=2 is about claims that are products"),
        (["audit.rank=3", "runtime.ranks=2"], "audit.rank=3 must be one of the 2 worker ranks"),
        (["agreement=none", "probe.share=.5"], "probe.share=0.5 is about agreement=probe"),
        (["target=disagreement", "threat.byzantine=2"], "use target=all"),
        (["threat.claims=loud"], "threat.claims=loud must be one of honest"),
        (["agreement=none", "threat.claims=frame"], "set agreement=probe"),
    ],
)
def test_what_does_not_fit_is_refused(configure, words, said):
    with pytest.raises(ValueError, match=said) as refusal:
        recipe(configure(*PROBES, *words))
    assert "\n" not in str(refusal.value)


def test_what_has_a_meaning_for_sums_is_not(configure):
    assert recipe(configure(*PROBES, "target=disagreement")).agreement.probes


def test_claims_are_exact_by_themselves_where_all_ranks_are_on_one_machine(configure, monkeypatch):
    auto, product = (
        resolved(configure(*PROBES, f"probe.claim={claim}", "probe.lanes=2"))
        for claim in ("auto", "product")
    )
    assert (lanes_of(auto), lanes_of(product)) == (0, 2)
    for key, value in {"RANK": "1", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4"}.items():
        monkeypatch.setenv(key, value)
    assert lanes_of(auto) == 0
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert lanes_of(auto) == 2


def test_tasks_beyond_one_a_worker_are_one_vector_each_worker(configure):
    made = recipe(configure(*PROBES, "assignment.tasks=35"))
    assert (made.exposure.tasks, made.exposure.bad) == (7, 3)
    probes = probes_of(resolved(configure(*PROBES, "probe.share=.25", "defense.byzantine=2")))
    assert (probes.workers, probes.byzantine, probes.share, probes.checkers) == (7, 2, 0.25, 1)
    assert probes.passes == 0
    loose = probes_of(resolved(configure(*PROBES)), tolerance=0.03)
    assert loose.passes == pass_of_length(0.03, 1)
