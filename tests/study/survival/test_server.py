"""A server that is killed: when, and what is compared afterwards."""

from types import SimpleNamespace

import pytest
import torch

from robusttrain.study.survival import server
from robusttrain.study.survival.server import Killer, Moment, difference, equal, moments


def test_moments_are_spread_in_order_and_the_same_for_a_seed():
    at = moments(20, 120, seed=1, first=8)
    steps = [moment.step for moment in at]
    assert steps == sorted(set(steps))
    assert 8 <= steps[0] <= steps[-1] < 110
    assert at == moments(20, 120, seed=1, first=8) != moments(20, 120, seed=2, first=8)
    assert [moment.what for moment in at].count("writing") == 4
    assert at[10].what == "resuming"
    assert all(0 <= moment.part < 1 for moment in at)


LINE = {"kind": "step", "step": 3, "seconds": 0.1, "bytes_to_server": 5, "convicted": [1],
        "first_convicted": ["worker 1 on rank 1 (vm, cpu, pid 7): lied"]}  # fmt: skip


def test_times_bytes_and_processes_are_no_difference():
    other = LINE | {"seconds": 2.0, "bytes_to_server": 9,
                    "first_convicted": ["worker 1 on rank 1 (vm, cpu, pid 8): lied"]}  # fmt: skip
    assert difference([LINE], [other]) == ""


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([LINE | {"convicted": []}], "step 3: convicted [1] against []"),
        ([LINE | {"first_convicted": []}], "step 3: first_convicted ['worker 1: lied'] against []"),
        ([], "step 3: convicted [1] against None"),
    ],
)
def test_the_first_difference_is_named(other, said):
    assert difference([LINE], other) == said


def test_parameters_are_compared_bit_by_bit(tmp_path):
    for name, value in (("one", 1.0), ("same", 1.0), ("other", 1.0 + 2**-23)):
        torch.save({"weight": torch.tensor([value])}, tmp_path / name)
    assert equal(tmp_path / "one", tmp_path / "same")
    assert not equal(tmp_path / "one", tmp_path / "other")


class Fake:
    """A run of which each wait does a step, with a checkpoint after every third."""

    def __init__(self, folder):
        self.run, self.done, self.said, self.started = folder, 0, "", 0
        (folder / "checkpoints").mkdir()

    @property
    def steps(self):
        return [{"seconds": 0.0}] * self.done

    @property
    def whole(self):
        return self.done - self.done % 3

    def wait_for(self, condition, pause=0.0):
        while not condition():
            self.done += 1
            (self.run / "checkpoints" / f"step-{self.whole:08}.pt").touch()
            partial = self.run / "checkpoints" / f"step-{self.whole + 3:08}.partial"
            if self.done % 3 == 2:
                partial.touch()
            elif not self.done % 3:
                (self.run / "checkpoints" / f"step-{self.done:08}.partial").unlink(missing_ok=True)

    def kill_server(self):
        self.killed = self.done

    def start_rank(self, rank):
        assert rank == 0
        self.started += 1
        self.done = self.whole
        self.said += "goes on after step"


def test_the_server_is_killed_once_the_run_is_further_than_before(tmp_path):
    run = Fake(tmp_path)
    killer = Killer(run)
    killer.kill(Moment(4, 0.0))
    assert (run.killed, run.started, killer.again) == (4, 1, 1)
    killer.kill(Moment(4, 0.0))
    assert (run.killed, killer.again) == (5, 3)
    killer.kill(Moment(5, 0.0, "writing"))
    assert (run.killed, run.started) == (8, 3)
    assert killer.writing >= 1
    assert len(killer.seconds) == 2


def test_a_run_is_compared_with_one_that_nothing_happened_to(tmp_path, monkeypatch):
    class Run(SimpleNamespace):
        def __init__(self, folder, words, ranks):
            super().__init__(run=folder, metrics=[LINE], listens=lambda: False, left=lambda: [1])
            torch.save({"weight": torch.zeros(1)}, folder / "model.pt")

        def start_all(self):
            pass

        finish = end = start_all

    monkeypatch.setattr(server, "Launched", Run)
    monkeypatch.setattr(
        server.Killer, "kill", lambda self, moment: self.seconds.append(moment.part)
    )
    done = server.restarted(tmp_path, (), 2, [Moment(1, 0.5), Moment(2, 0.25)])
    assert (done.kills, done.parameters, done.metrics, done.seconds) == (2, True, True, 0.375)
    assert done.left == 2
