"""A server that is killed, over a run that is not there."""

from types import SimpleNamespace

import torch

from robusttrain.study.survival import server
from robusttrain.study.survival.moments import Moment
from robusttrain.study.survival.server import Killer

LINE = {"kind": "step", "step": 3, "seconds": 0.1, "bytes_to_server": 5, "convicted": [1],
        "first_convicted": ["worker 1 on rank 1 (vm, cpu, pid 7): lied"]}  # fmt: skip


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
