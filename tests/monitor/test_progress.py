"""The closing table and the lines of a log, from records alone."""

import pytest
from rich.console import Console

from robusttrain.analysis.score import Scorer
from robusttrain.monitor.progress import Live, closing_table

EMPTY = {
    "name": "a", "folder": "f", "finished": True, "test_accuracy": 0.5, "steps_divergent": 0,
    **Scorer(None, 7).summary(),
}  # fmt: skip
DONE = EMPTY | {
    "steps": 4, "seconds_per_step": 0.25, "distorted_fraction_mean": 0.1,
    "distorted_fraction_max": 0.3, "bytes_to_server_per_step": 2e6,
    "bytes_if_all_copies_were_sent": 6e6,
}  # fmt: skip
STEP = {
    "step": 7, "convicted": [], "first_convicted": [], "evicted": [], "overwhelmed": False,
    "silent": [], "exceeded": False,
    "changes": [], "note": "", "skipped": False, "warning": "",
}  # fmt: skip


def text(summary: dict) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(closing_table(summary))
    return captured.get()


@pytest.fixture
def say(capsys):
    """say(record, ...) -> what a log shows of those steps."""

    def said(*records: dict) -> list[str]:
        live = Live(Console(width=200), steps=10)
        for record in records:
            live.step(STEP | record)
        return capsys.readouterr().out.splitlines()

    return said


def test_traffic_is_compared_with_all_copies_unless_nothing_came():
    assert "2.0 MB a step; all copies: 6.0 MB (3.0x)" in text(DONE)
    assert "0.0 MB a step; all copies: 6.0 MB " in text(DONE | {"bytes_to_server_per_step": 0.0})


def test_a_run_that_broke_off_before_its_first_step_has_a_table():
    """Its cause is not in it: that is the last line, which the rank prints at its very end."""
    shown = text(EMPTY | {"finished": False, "error": "nobody came"})
    assert "BROKEN OFF" in shown
    assert "nobody came" not in shown
    assert "│ f " in shown


def test_the_score_is_shown():
    shown = text(DONE | {"precision": 0.75, "recall": None, "steps_to_detect_median": 2.5})
    assert "0.75, none to tell" in shown
    assert "2.5 (median)" in shown
    assert "out at the end" not in shown
    shown = text(DONE | {"evicted": [3], "audits": 5})
    assert "worker 3" in shown
    assert "5 in the whole run" in shown


def test_convictions_are_said_when_they_change_and_the_evicted_stay_known(say):
    lines = say({"convicted": [2]}, {"convicted": [2]}, {"evicted": [2]}, {})
    assert lines == ["step 7: convicted [2]", "step 7: convicted nobody"]


def test_a_conviction_names_rank_host_device_and_process(say):
    at = {"workers": [4, 5], "host": "node-7", "device": "cuda:1 GPU-5f3c", "pid": 4711}
    line = "worker 5 on rank 2 (node-7, cuda:1 GPU-5f3c, pid 4711): it lied"
    assert say({"convicted": [5], "first_convicted": [line]})[1] == f"step 7: {line}"
    shown = text(DONE | {"reasons": {"5": "step 7: it lied"}, "hosts": {"2": at}})
    assert "worker 5, step 7: it lied" in shown
    assert "on rank 2: node-7, cuda:1 GPU-5f3c, pid 4711" in shown
    assert "on rank" not in text(DONE | {"reasons": {"3": "it lied"}, "hosts": {"2": at}})


def test_divergence_is_shown_if_there_is_any():
    assert "not finite" not in text(DONE)
    shown = text(DONE | {"gradients_not_finite": 30, "steps_divergent": 2})
    assert "gradients not finite" in shown
    assert "steps divergent" in shown


def test_a_reason_is_shown_as_it_is():
    """What a rank says of itself may look like markup."""
    assert "it failed: [red]x[/nonsense]" in text(
        DONE | {"lost_ranks": {"1": "failed: [red]x[/nonsense]"}}
    )


def test_a_warning_is_one_line(say):
    long = "training diverges: " + 300 * "[x]"
    assert say({"warning": long}, {}) == [f"step 7: WARNING: {long}"]


def test_notes_and_changes_are_said_and_skipped_steps_are_named(say):
    lines = say({"changes": ["worker 2 evicted"], "note": "a search was cut short"})
    assert lines == ["step 7: worker 2 evicted", "step 7: a search was cut short"]
    assert say({"note": "too few", "skipped": True}) == ["step 7 skipped: too few"]


@pytest.mark.parametrize(
    ("measures", "shown"),
    [
        ({"test_accuracy": 0.5, "test_loss": 2.0}, "test accuracy 0.5000"),
        ({"test_loss": 2.0, "bits": 1.25}, "test loss 2.0000, bits 1.2500"),
        ({"test_loss": None}, "test loss not finite"),
    ],
)
def test_an_evaluation_shows_the_accuracy_or_else_all_measures(capsys, measures, shown):
    Live(Console(width=200), steps=10).evaluation({"step": 5, **measures})
    assert capsys.readouterr().out == f"step 5/10: {shown}\n"
