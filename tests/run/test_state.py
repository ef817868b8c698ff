"""State: a run that goes on from what it remembered has the bits of one that never stopped."""

import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.run.checkpoint import copied, newest, write
from robusttrain.run.files import CHECKPOINTS
from robusttrain.run.simulate import simulate
from robusttrain.run.state import Whole, parts_of

DIGESTS = ("workers=5", "batch=30", "steps=8", "threat.byzantine=1", "defense.byzantine=1")
AUDITED = ("detector=audit", "target=all", "defense.evict=true")
PLAIN = ("assignment=single", "agreement=none", "detector=none", "target=all", "preaggregator=[]",
         *DIGESTS)  # fmt: skip
LIARS = ("threat.byzantine=3", "threat.claims=collude", "probe.alert=2")
RUNS = {
    "cover": DIGESTS,
    "degree": (*DIGESTS, "detector=degree", "detector.window=8", "placement=window",
               "placement.length=8", "target=undetected"),
    "clique": (*DIGESTS, "detector=clique"),
    "audit, evicted": (*DIGESTS, *AUDITED, "optimizer=adam", "schedule=one_cycle"),
    "probation": (*DIGESTS, *AUDITED, "placement=window", "placement.length=3",
                  "probation.clean_steps=2", "optimizer=sgd", "optimizer.momentum=0.9"),
    "centered clipping": (*PLAIN, "aggregator=centered_clipping"),
    "sequential": (*PLAIN, "aggregator=sequential_centered_clipping"),
    "fools_gold": (*PLAIN, "aggregator=fools_gold"),
    "momentum": (*PLAIN, "preaggregator=[static_momentum]", "aggregator=krum"),
    "probes": (*PROBES, "probe.alert=2"),
    "probes, evicted": (*PROBES, *LIARS),
}  # fmt: skip


def run(made, at, begin=None):
    """The server at the end, and a state after `at` steps."""
    servers, states, wholes = [], [], []

    def ready(server):
        servers.append(server)
        wholes.append(Whole(server.parameters, parts_of(server)))
        server.closes = lambda step: step == at - 1
        if begin is not None:
            wholes[0].load_state_dict(begin)
            server.first = at

    def report(step):
        if step.plan.step == at - 1:
            states.append(copied(wholes[0].state_dict()))

    server = simulate(made, report, 1, begin=ready)
    return server, states


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
def test_a_run_that_goes_on_has_the_bits_of_one_that_did_not_stop(configure, tmp_path, words):
    made, at = recipe(configure(*words), 1), 4
    whole, states = run(made, at)
    (tmp_path / CHECKPOINTS).mkdir()
    write(tmp_path / CHECKPOINTS / "step-00000004.pt", at, states[0])
    again, _ = run(made, at, newest(tmp_path)[2])
    assert torch.equal(again.parameters, whole.parameters)
    assert again.membership.status.tolist() == whole.membership.status.tolist()
    mine, theirs = (Whole(s.parameters, parts_of(s)).state_dict() for s in (again, whole))
    for name in ("membership", "exchange"):
        assert mine[name] == theirs[name]


def test_what_remembers_is_found_wherever_it_stands(configure):
    def names(*words):
        found = []
        simulate(recipe(configure(*DIGESTS, "steps=1", *words), 1), None, 1,
                 begin=lambda server: found.extend(parts_of(server)))  # fmt: skip
        return set(found) - {"update", "membership", "exchange"}

    assert names() == {"memory of cover"}
    inner = "detector.inner._target_=robusttrain.defense.detector.clique.Clique"
    assert names("detector=audit", inner) == {"memory of clique"}
    clipping = {"memory of cover", "memory of centered_clipping"}
    assert names("aggregator=centered_clipping") == clipping


def test_the_state_of_other_parts_is_refused():
    whole = Whole(torch.zeros(2), {})
    with pytest.raises(ValueError, match="holds more that nothing here remembers, and lacks noth"):
        whole.load_state_dict({"parameters": torch.ones(2), "more": {}})
    assert whole.parameters.tolist() == [0, 0]
