"""A server that is killed at any point: what was revealed is not forgotten by the next start."""

import os
from contextlib import suppress

import pytest
from probes import PROBES

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind
from robusttrain.config.recipe import recipe
from robusttrain.protocol import probing
from robusttrain.protocol.schedule import on_time
from robusttrain.run.simulate import simulate

LIARS = [1, 4, 6]
TINY = ("data=synthetic", "data.image=[1,2,2]", "data.classes=2", "data.train_size=400",
        "model._target_=robusttrain.study.tiny.Tiny", "runtime.block=5")  # fmt: skip
WORDS = (*PROBES, *TINY, "threat.byzantine=3", "placement.workers=[1,4,6]", "steps=2",
         "probe.checkers=3", "probe.share=1")  # fmt: skip


class Killed(BaseException):
    """The server is gone; nothing of it may run on."""


class Fate:
    """Kills the server before one of the calls by which it can be told from a dead one."""

    def __init__(self, monkeypatch) -> None:
        self.left, self.passed, self.revealed = None, 0, False
        for owner, name in (
            *((os, name) for name in ("write", "fsync", "replace", "unlink")),
            *((Hub, name) for name in ("send", "receive", "stop")),
            (probing, "judge"),
        ):
            monkeypatch.setattr(owner, name, self.around(getattr(owner, name)))

    def around(self, call):
        def watched(*given):
            self.tick()
            return call(*given)

        return watched

    def tick(self) -> None:
        self.passed += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed

    def schedule(self, delivery):
        self.revealed |= getattr(delivery.message, "kind", None) == Kind.REVEAL
        return on_time(delivery)


@pytest.fixture
def lived(configure, tmp_path, monkeypatch):
    """lived(n) -> (whether a probe was revealed, who is out at once in the next start)."""
    fate, made = Fate(monkeypatch), recipe(configure(*WORDS))

    def life(calls):
        made.config["probe"]["journal"] = str(tmp_path / f"journal-{calls}")
        fate.left, fate.passed, fate.revealed, steps = calls, 0, False, []
        with suppress(Killed):
            simulate(made, None, 1, fate.schedule)
        fate.calls = fate.passed
        fate.left, revealed = None, fate.revealed
        server = simulate(made, steps.append, 1)
        return revealed, sorted(steps[0].plan.evicted), sorted(server.exchange.convicted)

    life.fate = fate
    return life


def test_who_was_revealed_is_out_wherever_the_server_was_killed(lived):
    """Each liar has an honest checker, so that the verdict finds all of them, too."""
    assert lived(None) == (True, LIARS, LIARS)
    found = [lived(calls) for calls in range(lived.fate.calls)]
    assert len(found) > 20
    assert {revealed for revealed, *_ in found} == {False, True}
    assert all(out == LIARS for revealed, out, _ in found if revealed)
    assert all(set(out) <= set(LIARS) for _, out, _ in found)
    assert all(convicted == LIARS for *_, convicted in found)
