"""Faults from their list and from chaos, and what is refused, in one line that names the key."""

import pytest
from probes import PROBES
from support import SMALL

from robusttrain.config.fault import check_frames, kinds, make_faults
from robusttrain.config.recipe import recipe
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.threat.fault.sigkill import Sigkill
from robusttrain.threat.fault.slow import Slow

CHAOS = {"rate": 0.0, "kinds": None, "workers": 1, "seed": 0}


def made(*items, **chaos):
    cfg = {"workers": 5, "steps": 3, "seed": 4, "fault": items, "chaos": CHAOS | chaos,
           "runtime": {"backend": "gloo"}}  # fmt: skip
    return make_faults(cfg, Digest())


def item(**changes):
    return {"worker": 3, "step": 1, "phase": "commit", "do": "sigkill"} | changes


def test_the_kinds_are_the_modules_of_the_folder():
    assert kinds()["sigkill"] == "robusttrain.threat.fault.sigkill.Sigkill"
    assert list(kinds()) == sorted(kinds())
    assert "base" not in kinds()


def test_items_become_faults_of_their_phase_with_their_parameters():
    first, second = made(item(), item(phase="rows", do="slow", seconds=2)).planned
    assert (first.worker, first.step, first.phase.name, first.fault) == (3, 1, "commit", Sigkill())
    assert (second.phase.name, second.fault) == ("rows", Slow(2))


def test_a_fault_now_and_then_inside_the_model():
    words = {"phase": "activation", "do": "bit_flip", "probability": 0.5, "module": "8", "steps": 2}
    (planned,) = made(item(**words)).planned
    assert (planned.probability, planned.module, planned.steps) == (0.5, "8", 2)
    assert planned.phase.inside


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([3], r"^fault\[0\]=3 must have worker, step, phase, do; write fault=\[\{worker: 0, "),
        ([{"worker": 3}], r"^fault\[0\]=\{worker: 3\} must have worker, step, phase, do"),
        ([item(worker=5)], r"^fault\[0\]\.worker=5 must be in 0\.\.4, as workers=5; use 4$"),
        ([item(worker=-1)], r"^fault\[0\]\.worker=-1 must be in 0\.\.4"),
        ([item(worker=True)], r"^fault\[0\]\.worker=true must be in 0\.\.4"),
        ([item(), item(step=3)], r"^fault\[1\]\.step=3 must be in 0\.\.2, as steps=3; use 2$"),
        ([item(step=1.5)], r"^fault\[0\]\.step=1\.5 must be in 0\.\.2"),
        ([item(step=1, steps=3)], r"^fault\[0\]\.steps=3 must be in 1\.\.2, within the run; use"),
        ([item(steps=0)], r"^fault\[0\]\.steps=0 must be in 1\.\.2"),
        ([item(step=0, steps=3), item(do="slow")], r"^fault\[1\]=.* has fault\[0\] in step 1 and"),
        ([item(do=["sigkill"])], r"^fault\[0\]\.do=\[sigkill\] is no kind of fault"),
        ([item(phase="sum")], r"^fault\[0\]\.phase=sum is no phase with agreement=digest; choose "
                              "from publish, activation, gradient, commit, pull, leaves, block,"),
        ([item(phase=None)], r"^fault\[0\]\.phase=null is no phase"),
        ([item(do="sigkil")], r"^fault\[0\]\.do=sigkil is no kind of fault; did you mean sigkill\?"
                              " choose from bit_flip, exit, garble, oversize, refuse_to_read"),
        ([item(do="base")], r"^fault\[0\]\.do=base is no kind of fault; choose from"),
        ([item(do="silent", phase="publish")],
         r"^fault\[0\]\.do=silent cannot be in phase=publish with agreement=digest; choose phase "
         "from commit, leaves, rows$"),
        ([item(phase="gradient")], r"sigkill cannot be in phase=gradient.* publish, commit, pull"),
        ([item(do="slow", seconds=0)], r"^fault\[0\]\.seconds=0: seconds must be > 0 and < 1e6"),
        ([item(do="slow", seconds="x")], r"^fault\[0\]\.seconds=x must be a number; use 1\.0$"),
        ([item(do="slow", second=1)], r"^fault\[0\]\.second: slow has no second; .*did you mean"),
        ([item(do="slow", probability=1.5)], r"^fault\[0\]\.probability=1\.5 must be in 0\.\.1"),
        ([item(do="slow", probability=True)], r"^fault\[0\]\.probability=true must be in 0\.\.1"),
        ([item(do="bit_flip", module="fc")], r"^fault\[0\]\.module=fc: phase=commit is not inside "
                                             r"the model; choose phase from activation, or leave"),
        ([item(do="bit_flip", bit=32)], r"^fault\[0\]\.bit=32: bit=32 must be in 0\.\.31, of a f"),
        ([item(phase="activation")], r"sigkill cannot be in phase=activation with"),
        ([item(), item(do="slow")], r"^fault\[1\]=\{worker: 3, step: 1, phase: commit, do: slow\}: "
                                    r"worker 3 already has fault\[0\] in step 1 and phase commit;"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(items, message):
    with pytest.raises(ValueError, match=message) as caught:
        made(*items)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("chaos", "message"),
    [
        ({"rate": 2.0}, r"^chaos\.rate=2\.0 must be in 0\.\.1, a probability; use 0\.1$"),
        ({"kinds": []}, r"^chaos\.kinds=\[\] must name a kind; choose from bit_flip"),
        ({"kinds": ["slo"]}, r"^chaos\.kinds=slo is no kind of fault; did you mean slow\? choose"),
        ({"workers": 0}, r"^chaos\.workers=0 must be a whole number >= 1; use 1$"),
        ({"seed": -1}, r"^chaos\.seed=-1 must be a whole number >= 0; use"),
    ],
)
def test_chaos_that_cannot_be_is_refused(chaos, message):
    with pytest.raises(ValueError, match=message):
        made(**chaos)


def test_a_phase_that_only_probes_have_is_one_with_probes(configure):
    words = (*PROBES, "fault=[{worker: 1, step: 2, phase: claims, do: silent}]")
    (planned,) = recipe(configure(*words)).threat.faults.planned
    assert planned.phase.table


def test_chaos_is_repeated_by_the_list_that_it_prints(configure):
    words, chaos = (*SMALL, "steps=40"), ("chaos.rate=.5", "chaos.workers=4")
    drawn = recipe(configure(*words, *chaos)).threat.faults
    assert len(drawn.planned) > 5
    for more in ((), chaos):  # what is drawn where a fault is listed is left out
        assert recipe(configure(*words, str(drawn), *more)).threat.faults == drawn
    assert recipe(configure(*words)).threat.faults.planned == ()


def test_chaos_draws_only_what_ranks_can_bear_unless_it_is_named():
    drawn = made(rate=1.0, workers=5)
    assert drawn
    check_frames(drawn, "gloo")
    kinds_drawn = {type(planned.fault).__name__ for planned in made(rate=1, kinds=["slow"]).planned}
    assert kinds_drawn == {"Slow"}


def test_what_would_end_the_server_is_refused_on_ranks(monkeypatch):
    long = item(do="oversize")
    assert made(long)
    with pytest.raises(ValueError, match=r"^fault=\{worker: 3, .*do: oversize\}: Gloo ends the"):
        check_frames(made(long), "gloo")
    check_frames(made(item(do="oversize", unsafe=True)), "gloo")
    check_frames(made(long), "tls")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="Gloo ends the server's process"):
        made(long)
