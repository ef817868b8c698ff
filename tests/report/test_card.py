"""The opening lines of a run: its sizes, its certificate, and warnings where it is at risk."""

import re

import pytest
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.names import name_of
from robusttrain.report.card import card
from robusttrain.report.certificates import certificate_lines


def test_a_run_within_its_bound(configure):
    made = recipe(configure("audit.random=2", "defense.secret=null"), 3)
    lines = card(made, 3, "cpu").splitlines()
    assert lines[0] == "15 workers on 3 ranks, server on cpu"
    assert lines[1] == f"model of {made.layout.size} parameters"
    assert lines[2].startswith("assumed liars: 3; in truth: 3 (")
    assert lines[2].endswith(f"({name_of(made.threat.attack)}, {name_of(made.threat.target)})")
    assert f"vectors for {made.defense.pipeline.rule.name}" in lines[-1]
    assert lines[3:-1] == certificate_lines(made.planner.start.certificate, 2)
    assert lines[-1].startswith("here: 10 of 455 tasks are forged at worst, 3 of the 15 vectors")


@pytest.mark.parametrize(("secret", "public"), [("null", False), ("0", True), ("7", True)])
def test_a_secret_that_all_can_read_is_said_to_be_public(configure, secret, public):
    text = card(recipe(configure(f"defense.secret={secret}"), 3), 3, "cpu")
    assert ("the draws are public: defense.secret is in the configuration" in text) == public
    assert ("every worker can predict audits, probes and random rules" in text) == public


def test_faults_are_listed_as_the_override_that_repeats_them(configure):
    word = "fault=[{worker: 3, step: 5, phase: commit, do: slow, seconds: 2}]"
    assert f"faults: {word}" in card(recipe(configure(word), 3), 3, "cpu").splitlines()
    assert "faults" not in card(recipe(configure(), 3), 3, "cpu")


GROUPS = ("workers=9", "assignment=repetition", "batch=9", "detector=none", "threat.byzantine=0")
PLAIN = ("aggregator=mean", "preaggregator=[]", "defense.best_effort=true")


@pytest.mark.parametrize(
    ("byzantine", "words"),
    [(1, []), (2, ["WARNING: mean is bounded for at most 0"]), (4, ["WARNING: ", "BEST EFFORT: "])],
)
def test_risks_are_named(configure, byzantine, words):
    """Two of three liars win a group, and there are three groups."""
    overrides = (*GROUPS, *PLAIN, f"defense.byzantine={byzantine}")
    lines = card(recipe(configure(*overrides), 1), 1, "cpu").splitlines()
    risks = [line for line in lines if line.startswith(("WARNING", "BEST EFFORT"))]
    assert len(risks) == len(words)
    assert all(line.startswith(word) for line, word in zip(risks, words, strict=True))


def test_one_is_one(configure):
    overrides = ("assignment=single", "agreement=none", "detector=none", "preaggregator=[]",
                 "aggregator=mean", "workers=1", "defense.byzantine=0", "threat.byzantine=0",
                 "batch=1", "runtime.ranks=1")  # fmt: skip
    text = card(recipe(configure(*overrides), 1), 1, "cpu")
    assert text.startswith("1 worker on 1 rank, ")
    assert not re.search(r"\b1 (?!of)\w+s\b", text)


def test_with_probes_it_says_what_they_promise_and_how_many_sums_can_be_forged(configure):
    text = card(recipe(configure(*PROBES, "probe.share=0.25")), 2, "cpu")
    assert "bad vectors in a step: at most 3 of 7" in text
    assert "computation: 1.25 times plain training on average" in text
    assert "here: 3 of 7 sums are forged at worst, 3 of the 7 vectors for median" in text
