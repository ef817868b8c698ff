"""What is assembled of a recipe: the server with its membership, and the size of messages."""

import numpy as np
import pytest
import torch

from robusttrain.config.recipe import recipe
from robusttrain.ops.layout import PARCEL
from robusttrain.run import assembly

STATUS = np.array([1, 1] + [0] * 13, np.uint8)


def server_of(built):
    return assembly.server(built, 3, torch.device("cpu"))


def test_a_bad_optimizer_is_refused(configure):
    with pytest.raises(ValueError, match="Invalid learning rate"):
        server_of(recipe(configure("optimizer.lr=-1")))


def test_a_rule_that_the_survivors_cannot_feed_is_refused(configure):
    """Krum with f = 2 needs 7 tasks: four workers make 4."""
    built = recipe(
        configure("workers=5", "batch=100", "preaggregator=[]", "aggregator=krum", "aggregator.f=2",
                  "threat.byzantine=1", "defense.byzantine=1", "defense.evict=true")
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"krum needs n >= 2f\+3; got n=4, f=2"):
        built.defend(np.array([0, 1, 0, 0, 0], np.uint8))
    server = server_of(built)
    with pytest.raises(ValueError, match="krum needs"):
        server.membership.feasible(np.array([0, 1, 0, 0, 0], np.uint8))


def test_the_server_has_its_own_randomness_and_the_membership_that_is_configured(configure):
    server = server_of(recipe(configure("defense.secret=7", "defense.evict=true")))
    assert server.secret == 7
    assert server.membership.evict
    assert server.membership.clean_steps is None
    assert server.defend(STATUS).evicted == 2
    assert server.membership.feasible(STATUS).members == tuple(range(2, 15))
    built = recipe(configure("defense.secret=5", "defense.evict=true", "probation.clean_steps=9"))
    server = server_of(built)
    assert server.secret == 5
    assert server.membership.clean_steps == 9
    assert built.planner(0, 2 * STATUS).shadows.shape == (2 * 3, 2)
    assert len(recipe(configure()).planner(0, 2 * STATUS).shadows) == 0


def test_a_secret_of_null_is_drawn_for_each_server_and_stays_with_it(configure):
    """128 bits of the system; neither the recipe nor a worker made of it knows them."""
    built = recipe(configure("defense.secret=null"), 3)
    before = built.fingerprint()
    servers = [server_of(built) for _ in range(20)]
    secrets = {server.secret for server in servers}
    assert not any(str(server.secret) in repr(server) for server in servers)
    assert len(secrets) == 20
    assert max(secrets).bit_length() > 100
    assert built.config["defense"]["secret"] is None
    assert built.fingerprint() == before
    assert built.seed == 0
    assert not secrets & set(whole_numbers(assembly.worker(built, 1, 3, torch.device("cpu"))))


def whole_numbers(thing, seen=None):
    """Every int that can be reached from `thing` by attributes and items."""
    seen = set() if seen is None else seen
    if isinstance(thing, int):
        yield thing
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, dict):
        parts = thing.values()
    elif isinstance(thing, list | tuple | set | frozenset):
        parts = thing
    else:
        parts = vars(thing).values() if hasattr(thing, "__dict__") else ()
    for part in list(parts):
        yield from whole_numbers(part, seen)


def test_no_message_is_larger_than_the_wire_allows(configure):
    """Rows of a block up to a parcel, or all commitments and leaves; the parameters down."""
    built = recipe(configure("runtime.block=1000"))
    wire = assembly.wire(built, torch.device("cpu"))
    size, blocks = built.layout.size, len(built.layout.blocks)
    assert wire.limit_up == max(4 * 455 * 1000, 32 * (3 * 455 + 455 * blocks))
    assert wire.limit_down == 4 * size
    whole = assembly.wire(recipe(configure()), torch.device("cpu"))
    assert whole.limit_up == 4 * size * (PARCEL // size)
    more = assembly.wire(recipe(configure("defense.evict=true", "runtime.block=700")), whole.device)
    assert more.limit_up >= 4 * 1365 * 700, "a scheme for fewer workers may have a task a sample"


def test_training_data_that_is_not_whole_is_refused(configure, monkeypatch):
    built = recipe(configure("data=synthetic", "data.train_size=1500"))
    _, test = built.data.load()
    monkeypatch.setattr(type(built.data), "load", lambda self: (test, test))
    with pytest.raises(ValueError, match=r"training samples were read where 1500 should be"):
        assembly.recompute(built, torch.device("cpu"))
