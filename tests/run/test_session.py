"""A session on all ranks of a run in this process, over the in-process transport."""

import signal
import threading
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import TensorDataset

from robusttrain.comm.rendezvous import Wire
from robusttrain.protocol.in_process import Network
from robusttrain.run import session as module
from robusttrain.run import session_batches
from robusttrain.run.session import Session
from robusttrain.run.simulate import numerics
from robusttrain.training.digest import digest

STEPS, BATCH = 4, 60
PLAIN = ("assignment=single", "agreement=none", "detector=none", "defense.byzantine=0",
         "preaggregator=[]", "aggregator=mean")  # fmt: skip
ASPIS = ("workers=6", "defense.byzantine=1")
LIAR = (*ASPIS, "threat.byzantine=1", "target=all")
DATA = torch.randn(300, 8, generator=torch.Generator().manual_seed(0))
CLASSES = (DATA[:, 0] > 0).long() + (DATA[:, 1] > 0).long()


def indices(steps=STEPS):
    order = torch.Generator().manual_seed(1)
    return [torch.randperm(len(DATA), generator=order)[:BATCH] for _ in range(steps)]


def pairs(steps=STEPS):
    return [(DATA[chosen], CLASSES[chosen]) for chosen in indices(steps)]


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)


def halving(optimizer):
    return torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)


def flat(model):
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


@dataclass
class Trained:
    """What all ranks of a run are left with.

    sessions: rank -> Session. went_on: what each call of `step` returned at rank 1.
    seen: the parameters at rank 1 after each step.
    """

    sessions: list[Session]
    summary: dict = field(default_factory=dict)
    went_on: list[bool] = field(default_factory=list)
    seen: list[torch.Tensor] = field(default_factory=list)

    @property
    def parameters(self):
        return flat(self.sessions[0].model)


class Ranks:
    """Makes a session for each rank, and runs the loops of the worker ranks."""

    def __init__(self, monkeypatch, tmp_path):
        self.monkeypatch, self.root, self.here = monkeypatch, tmp_path, threading.local()
        self.number, self.first = count(), {}
        patch = monkeypatch.setattr
        patch(module, "agree", self.agree)
        patch(module, "meeting_place", lambda seconds: None)
        patch(module, "apart", lambda store, about: None)
        for place in (module, session_batches):
            patch(place, "as_rank_1", self.as_rank_1)
        patch(session_batches, "meeting_place", lambda seconds: None)
        patch(session_batches, "apart", lambda store, about: None)
        patch(module, "go_on", self.go_on)
        patch(module.atexit, "register", lambda function: None)
        patch(Wire, "attend", lambda wire, fingerprint: self.here.link)

    def as_rank_1(self, store, rank, value, seconds):
        return value == self.first.setdefault(0, value)

    @staticmethod
    def agree(check, tried):
        tried(check(), 1)

    @staticmethod
    def go_on(store, error, seconds):
        if error is not None:
            raise error

    def make(
        self, ranks, *config, model=net, loss=cross_entropy, optimizer=None, schedule=None, **more
    ):
        for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
            self.monkeypatch.setenv(name, str(ranks + 1))
        words = [*config, f"run.root={self.root}", f"run.name=run{next(self.number)}"]
        sessions = []
        for rank in range(ranks + 1):
            self.monkeypatch.setenv("RANK", str(rank))
            own = model()
            steps = optimizer and optimizer(own)
            moves = schedule and schedule(steps)
            settings = {
                "batch": BATCH,
                "steps": STEPS,
                "optimizer": steps,
                "schedule": moves,
            } | more
            sessions.append(Session(own, loss, words, **settings))
        return sessions

    def run(self, ranks, *config, batches=pairs, serve=dict, loops=None, **more):
        """Train; loops: rank -> (session, batches) -> None, in the place of the usual loop."""
        with numerics(1):
            self.first.clear()
            done = Trained(self.make(ranks, *config, **more))
            network = Network(done.sessions[0].device)

            def loop(session, batches):
                for batch in batches:
                    went_on = session.step(batch)
                    if session.rank == 1:
                        done.went_on.append(went_on)
                        done.seen.append(flat(session.model))

            def body(session):
                def be_rank(link):
                    torch.set_num_threads(1)
                    self.here.link = link
                    (loops or {}).get(session.rank, loop)(session, batches())

                return be_rank

            def hub(wire, fingerprint):
                assert all(s.recipe.fingerprint() == fingerprint for s in done.sessions)
                for session in done.sessions[1:]:
                    network.start(session.rank, body(session))
                return network.hub(wire.limit_up, wire.deadline)

            self.monkeypatch.setattr(Wire, "serve", hub)
            before = {
                number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)
            }
            try:
                done.summary = done.sessions[0].serve(**serve())
            finally:
                network.close()
                for number, handler in before.items():
                    signal.signal(number, handler)
        return done


@pytest.fixture
def ranks(monkeypatch, tmp_path):
    return Ranks(monkeypatch, tmp_path)


def plainly(optimizer, schedule=None):
    """The parameters after each step of the same loop without a session."""
    model = net()
    steps = optimizer(model)
    moves = schedule and schedule(steps)
    seen = []
    for inputs, targets in pairs():
        steps.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        steps.step()
        if moves is not None:
            moves.step()
        seen.append(flat(model))
    return seen


def adam(model):
    weights = [p for p in model.parameters() if p.ndim == 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": rest, "weight_decay": 0.0}, {"params": weights}]
    return torch.optim.AdamW(groups, lr=0.05, weight_decay=0.1)


@pytest.mark.parametrize(("optimizer", "schedule"), [(sgd, None), (sgd, halving), (adam, halving)])
def test_without_a_defence_it_is_the_plain_loop(ranks, optimizer, schedule):
    done = ranks.run(3, *PLAIN, "workers=3", optimizer=optimizer, schedule=schedule)
    for seen, expected in zip(done.seen, plainly(optimizer, schedule), strict=True):
        torch.testing.assert_close(seen, expected, rtol=0, atol=1e-6)
    assert done.went_on == [True, True, True, False]


def test_every_rank_ends_with_the_servers_parameters(ranks):
    done = ranks.run(3, *LIAR, optimizer=sgd)
    for session in done.sessions:
        assert torch.equal(flat(session.model), done.parameters)


def test_the_bits_do_not_depend_on_the_number_of_ranks(ranks):
    one, two, three = (ranks.run(w, *LIAR, optimizer=sgd).parameters for w in (1, 2, 3))
    assert torch.equal(one, two)
    assert torch.equal(one, three)


def test_the_configurations_optimizer_is_the_same_as_the_users(ranks):
    words = ("optimizer=sgd", "optimizer.lr=0.2", "schedule=step", "schedule.step_size=2",
             "schedule.gamma=0.5")  # fmt: skip
    own = ranks.run(2, *ASPIS, optimizer=sgd, schedule=halving).parameters
    assert torch.equal(ranks.run(2, *ASPIS, *words).parameters, own)


def test_batches_may_be_indices_into_a_data_set(ranks):
    given = ranks.run(2, *ASPIS, optimizer=sgd).parameters
    data = TensorDataset(DATA, CLASSES)
    assert torch.equal(
        ranks.run(2, *ASPIS, batches=indices, data=data, optimizer=sgd).parameters, given
    )


def test_inputs_may_be_trees(ranks):
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net()

        def forward(self, inputs):
            return self.net(inputs["x"])

    given = ranks.run(2, *ASPIS, optimizer=sgd).parameters
    named = [({"x": inputs}, targets) for inputs, targets in pairs()]
    done = ranks.run(2, *ASPIS, model=Named, batches=lambda: named, optimizer=sgd)
    assert torch.equal(done.parameters, given)


def test_a_liar_is_convicted_and_none_of_its_lies_counts(ranks):
    honest = ranks.run(2, *ASPIS, "aggregator=mean", "preaggregator=[]", optimizer=sgd)
    done = ranks.run(2, *LIAR, "aggregator=mean", "preaggregator=[]", optimizer=sgd)
    assert honest.summary["convicted"] == []
    assert len(done.summary["convicted"]) == 1
    assert torch.equal(done.parameters, honest.parameters)


def test_nobody_lies_unless_told(ranks):
    assert ranks.make(1, *ASPIS, "experiment=digits_audit")[0].recipe.threat.byzantine == 0


def test_the_server_audits_where_it_has_the_batches(ranks):
    liar = (*LIAR, "detector=audit")
    done = ranks.run(2, *liar, serve=lambda: {"batches": iter(pairs())}, optimizer=sgd)
    assert done.summary["audits"] > 0
    assert len(done.summary["convicted"]) == 1
    with pytest.raises(
        ValueError, match=r"audit.rank=0 recomputes at the server.*serve\(batches\)"
    ):
        ranks.run(2, *liar, optimizer=sgd)


def test_a_trusted_rank_audits_where_the_server_has_no_batches(ranks):
    done = ranks.run(3, *LIAR, "detector=audit", "audit.rank=3", optimizer=sgd)
    assert done.summary["audits"] > 0
    assert len(done.summary["convicted"]) == 1


def test_a_delayed_gradient_is_that_of_its_own_batch(ranks):
    """With momentum 0 and one worker, the step at delay 1 is along the gradient of step 0."""
    words = (*PLAIN, "workers=1", "threat.byzantine=1", "target=all", "attack=stale",
             "attack.delay=1", "optimizer=sgd", "optimizer.lr=1.0", "optimizer.momentum=0.0",
             "schedule=constant")  # fmt: skip
    done = ranks.run(1, *words, steps=2, batches=lambda: pairs(2))
    start, (first, second) = flat(net()), done.seen
    torch.testing.assert_close(second - first, first - start, rtol=0, atol=1e-7)


def test_measures_of_the_users_are_in_the_summary(ranks):
    measured = iter([0.5, 0.25])
    done = ranks.run(
        1, *ASPIS, "evaluate_every=2", serve=lambda: {"evaluate": lambda: {"loss": next(measured)}}
    )
    assert done.summary["loss"] == 0.25


def test_no_step_after_the_last(ranks):
    def loop(session, batches):
        for batch in batches:
            session.step(batch)
        with pytest.raises(RuntimeError, match=r"all steps=4 are done; .* returns False"):
            session.step(batches[0])
        said.append(session.rank)

    said = []
    ranks.run(2, *ASPIS, loops={1: loop, 2: loop})
    assert sorted(said) == [1, 2]


def test_loops_that_end_early_end_the_run_with_a_reason(ranks, caplog):
    def loop(session, batches):
        for batch in batches[:2]:
            session.step(batch)
        session.close()

    with pytest.raises(RuntimeError, match="no worker rank is left after step 2"):
        ranks.run(2, *ASPIS, loops={1: loop, 2: loop})
    assert "left: its training loop has ended" in caplog.text


def test_a_rank_that_leaves_is_lost_and_the_others_go_on(ranks):
    def loop(session, batches):
        session.step(batches[0])
        session.close()

    done = ranks.run(3, *ASPIS, loops={2: loop}, optimizer=sgd)
    assert done.summary["lost_ranks"] == {"2": "left: its training loop has ended"}
    assert done.summary["steps"] == STEPS


def test_the_first_batch_is_tried(ranks):
    wrong = [(inputs, targets + 3) for inputs, targets in pairs()]
    said = {}

    def loop(session, batches):
        with pytest.raises(
            ValueError, match=r"objective.loss: outputs .* raised IndexError: Target . is out of"
        ) as error:
            session.step(wrong[0])
        said[session.rank] = str(error.value)

    with pytest.raises(RuntimeError, match="no worker rank is left"):
        ranks.run(1, *ASPIS, loops={1: loop})
    assert "\n" not in said[1]


def test_ranks_with_other_first_batches_are_refused(ranks):
    def loop(session, batches):
        with pytest.raises(ValueError, match=r"differs from that of rank 1; .* DistributedSampler"):
            session.step(batches[1])
        said.append(session.rank)

    said = []
    done = ranks.run(2, *ASPIS, loops={2: loop}, optimizer=sgd)
    assert said == [2]
    assert list(done.summary["lost_ranks"]) == ["2"]


def test_a_later_batch_of_another_size_is_refused(ranks):
    def loop(session, batches):
        session.step(batches[0])
        inputs, targets = batches[1]
        with pytest.raises(ValueError, match=r"12 samples where batch=60 .* drop_last=True"):
            session.step((inputs[:12], targets[:12]))
        said.append(session.rank)

    said = []
    with pytest.raises(RuntimeError, match="no worker rank is left"):
        ranks.run(1, *ASPIS, loops={1: loop})
    assert said == [1]


def test_each_side_has_its_own_call(ranks):
    server, worker = ranks.make(1, *ASPIS)
    with pytest.raises(RuntimeError, match=r"call session.serve\(\) there"):
        server.step(pairs()[0])
    with pytest.raises(RuntimeError, match=r"call session.step\(batch\) in its loop"):
        worker.serve()


def test_parameters_of_a_worker_rank_do_not_count_but_its_buffers_do(ranks):
    class Scaled(nn.Module):
        def __init__(self, scale, seed=0):
            super().__init__()
            torch.manual_seed(seed)
            self.net = nn.Linear(8, 3)
            self.register_buffer("scale", torch.tensor(scale))

        def forward(self, inputs):
            return self.net(inputs) * self.scale

    def fingerprint(scale, seed=0):
        return ranks.make(1, *ASPIS, model=lambda: Scaled(scale, seed))[1].recipe.fingerprint()

    ranks.number = iter([0] * 9)  # one name for all
    assert fingerprint(1.0) == fingerprint(1.0, seed=1)
    assert fingerprint(1.0) != fingerprint(2.0)


def test_what_is_written_names_the_users_parts(ranks):
    config = ranks.make(1, *ASPIS, optimizer=adam)[0].recipe.config
    assert config["model"] == {"_target_": "torch.nn.modules.container.Sequential"}
    assert config["objective"]["loss"] == "torch.nn.functional.cross_entropy"
    assert config["optimizer"]["_target_"].endswith("AdamW")
    assert config["optimizer"]["lr"] == 0.05


def test_a_batch_must_suit_the_number_of_tasks(ranks):
    with pytest.raises(ValueError, match=r"batch=50 must be a multiple .* 20, .*; use batch=40 or"):
        ranks.make(1, *ASPIS, batch=50)


def test_a_seed_shuffles_within_a_batch(ranks):
    planner = ranks.make(1, *ASPIS)[0].recipe.planner
    for step in range(STEPS):
        drawn = np.sort(planner(step).samples.ravel())
        assert drawn.tolist() == list(range(step * BATCH, (step + 1) * BATCH))


PROBE = ("agreement=probe", "assignment=single", "detector=none", "preaggregator=[]", "workers=6",
         "probe.share=1", "defense.byzantine=2")  # fmt: skip


def with_batches():
    return {"batches": iter(pairs())}


@pytest.mark.parametrize("optimizer", [sgd, adam])
def test_with_probes_it_is_the_plain_loop(ranks, optimizer):
    words = (*PROBE, "aggregator=mean")
    done = ranks.run(3, *words, optimizer=optimizer, schedule=halving, serve=with_batches)
    for seen, expected in zip(done.seen, plainly(optimizer, halving), strict=True):
        torch.testing.assert_close(seen, expected, rtol=0, atol=1e-6)
    assert done.summary["convicted"] == []


def test_a_probe_is_settled_by_the_batch_of_its_step(ranks):
    """Where batches are indices as well; the server, ranks and checkers read the same."""
    liars = ("threat.byzantine=2", "placement.workers=[1,4]", "target=all", "threat.claims=frame")
    words, rest = (*PROBE, *liars, "aggregator=median"), {"optimizer": sgd}
    done = ranks.run(2, *words, serve=with_batches, **rest)
    assert done.summary["convicted"] == [1, 4]
    assert done.summary["audits"] == 2
    data = TensorDataset(DATA, CLASSES)
    numbers = ranks.run(
        3, *words, batches=indices, data=data, serve=lambda: {"batches": indices()}, **rest
    )
    assert torch.equal(numbers.parameters, done.parameters)


@pytest.mark.parametrize("claim", ["exact", "product"])
def test_a_trusted_rank_settles_probes_where_the_server_has_no_batches(ranks, claim):
    tolerance = ("probe.tolerance=0.03",) if claim == "product" else ()
    liars = ("threat.byzantine=2", "placement.workers=[1,4]", "target=all", "threat.claims=frame")
    words = (*PROBE, *liars, *tolerance, f"probe.claim={claim}", "audit.rank=3")
    done = ranks.run(3, *words, "aggregator=median", optimizer=sgd)
    assert done.summary["convicted"] == [1, 4]
    assert done.summary["audits"] == 2


def test_a_server_with_other_batches_convicts_nobody_and_stops(ranks, monkeypatch):
    loops = digest(pairs()[0])
    monkeypatch.setattr(session_batches, "as_rank_1", lambda s, r, value, w: value == loops)
    with pytest.raises(ValueError, match=r"the first of session.serve\(batches\) is not the first"):
        ranks.run(2, *PROBE, serve=lambda: {"batches": pairs()[1:]}, optimizer=sgd)
