"""Which steps diverge, and when they are too many."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from robusttrain.config.recipe import recipe
from robusttrain.run.divergence import Diverged, Watch, finite
from robusttrain.types import DROPPED, Sources

FORGEABLE, ROWS = 3, 10
CALM, SOME, MANY, SKIP = "calm", "some", "many", "skip"


def watch(steps=3, action="stop", total=100):
    return Watch(steps, action, total, FORGEABLE, 0.1, torch.zeros(5))


def done(step, kind=CALM, rows=ROWS, not_finite=None):
    """A step with nothing to say, few or many rows that are not finite, or no update."""
    marked = {SOME: FORGEABLE, MANY: FORGEABLE + 1}.get(kind, 0)
    sources = Sources(np.array([0] * rows + [DROPPED] * 2))
    outcome = SimpleNamespace(
        sources=sources, direction=None if kind == SKIP else torch.zeros(5), note="too few"
    )
    plan = SimpleNamespace(step=step)
    marked = marked if not_finite is None else not_finite
    return SimpleNamespace(plan=plan, outcome=outcome, not_finite=marked)


def run(watched, kinds):
    """The records of these steps, until one is too many, and what was said of it."""
    records = []
    for step, kind in enumerate(kinds):
        records.append(watched.step(done(step, kind)))
        try:
            watched.check()
        except Diverged as error:
            return records, str(error)
    return records, None


@pytest.mark.parametrize(
    ("rows", "not_finite", "diverges"),
    [(10, 0, False), (10, 3, False), (10, 4, True), (3, 3, True), (3, 2, False), (1, 1, True)],
)
def test_more_than_liars_could_forge_or_all_of_the_rows(rows, not_finite, diverges):
    assert watch().step(done(0, rows=rows, not_finite=not_finite))["divergent"] == diverges


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_parameters_that_are_not_finite_diverge(value):
    watched = watch()
    assert not watched.step(done(0))["divergent"]
    watched.parameters[3] = value
    record = watched.step(done(1))
    assert record == {"divergent": True, "warning": "training diverges: parameters not finite"}


def test_only_steps_in_a_row_are_too_many():
    kinds = [MANY, MANY, CALM, MANY, SKIP, SOME, MANY, MANY, SKIP]
    watched = watch()
    records, error = run(watched, kinds)
    assert [r["divergent"] for r in records] == [kind in (MANY, SKIP) for kind in kinds]
    assert error.startswith("3 divergent steps since step 6: no update, too few; see in metrics")
    assert (watched.divergent, watched.skipped) == (7, 2)


def test_the_first_of_a_row_is_warned_of_at_once_unless_its_note_says_it():
    records, _ = run(watch(), [MANY, MANY, CALM, SKIP, CALM, MANY])
    first = "training diverges: 4 of 10 gradients not finite"
    assert [record["warning"] for record in records] == [first, "", "", "", "", first]


def test_the_cause_teaches():
    _, error = run(watch(), [MANY] * 9)
    assert error.startswith("3 divergent steps since step 0: 4 of 10 gradients not finite; lower")
    assert "optimizer.lr=0.1" in error
    assert "divergence.action=warn" in error


def test_with_warn_it_is_said_once_and_the_run_goes_on():
    records, error = run(watch(action="warn"), [CALM, *[MANY] * 9])
    said = [step for step, record in enumerate(records) if record["warning"]]
    assert said == [1, 3]
    assert records[3]["warning"].startswith("3 divergent steps since step 1")
    assert error is None
    assert len(records) == 10


def test_a_run_that_is_shorter_than_the_limit_diverges_if_all_of_it_does():
    assert run(watch(steps=10, total=2), [MANY, MANY])[1] is not None
    assert run(watch(steps=10, total=2), [CALM, MANY])[1] is None


@pytest.mark.parametrize("action", ["stop", "warn"])
def test_a_run_without_any_update_never_comes_to_a_good_end(action):
    records, error = run(watch(steps=10, action=action, total=4), [SKIP] * 4)
    assert len(records) == 4
    assert error.startswith("4 divergent steps since step 0: no update")
    assert run(watch(steps=10, action=action, total=4), [SKIP, CALM, SKIP, SKIP])[1] is None


def test_its_settings_are_those_of_the_recipe(configure):
    made = recipe(configure("divergence.steps=7", "divergence.action=warn", "steps=50"))
    watched = Watch.of(made, torch.zeros(3))
    assert (watched.steps, watched.action, watched.total) == (7, "warn", 50)
    assert watched.forgeable == made.exposure.forged.ceiling == 10
    assert watched.rate == made.config["optimizer"]["lr"]


def test_a_sum_that_overflows_is_finite_still():
    assert finite(torch.tensor([3e38, 3e38]))
    assert not finite(torch.tensor([3e38, float("nan")]))
    assert not finite(torch.tensor([float("inf"), -float("inf")]))
