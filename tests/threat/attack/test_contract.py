"""What every attack in configs/attack must do."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hydra.core.override_parser.overrides_parser import OverridesParser
from support import component, members

from robusttrain.threat.knowledge import KNOWLEDGE

ATTACKS = members("attack")
M, N, D = 4, 10, 33


@pytest.fixture(scope="module", params=ATTACKS, ids=lambda path: path.stem)
def attack(request):
    return component(request.param)


def bank(seed, dtype=torch.float32):
    return torch.randn(N, D, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.fixture
def see(knowledge):
    """see(dtype, known, tasks, **changes) -> a view of some of ten tasks, later in a run."""

    def made(dtype=torch.float32, known=slice(None), tasks=range(M), **changes):
        tasks, truth = np.array(tasks), bank(0, dtype)
        known = np.arange(N)[known]
        return knowledge(
            truth[tasks],
            truth[known],
            tasks=tasks,
            spared=~np.isin(known, [0, 1, 2, 3]),
            forged=M,
            previous=bank(1, dtype)[0],
            earlier=lambda steps: bank(1 + steps, dtype)[tasks],
            poisoned=lambda poison: bank(100, dtype)[tasks],
            **changes,
        )

    return made


def bits(rows):
    return rows.contiguous().numpy().tobytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_are_those_of_the_view(attack, see, dtype):
    seen = see(dtype)
    rows = attack.forge(seen)
    assert (rows.shape, rows.dtype) == ((M, D), dtype)
    assert rows.device == seen.honest.device


def test_the_view_is_left_alone(attack, see):
    seen, same = see(), see()
    rows = attack.forge(seen).clone()
    attack.deliver(rows)
    assert torch.equal(seen.honest, same.honest)
    assert torch.equal(seen.known, same.known)
    assert torch.equal(seen.previous, same.previous)
    assert np.array_equal(seen.spared, same.spared)


def test_identical_views_give_identical_bits(attack, see):
    """Whatever the attack was asked before: it remembers nothing."""
    first = bits(attack.forge(see()))
    attack.forge(see(step=1, tasks=[2, 5], known=slice(5)))
    assert bits(attack.forge(see())) == first


def test_a_row_does_not_depend_on_the_tasks_forged_with_it(attack, see):
    """Colluders on different ranks host different tasks, and must still agree on each."""
    together = attack.forge(see())
    for tasks in ([2], [3, 1], [1, 2, 0]):
        assert bits(attack.forge(see(tasks=tasks))) == bits(together[tasks])


def test_what_is_known_is_read_only_where_announced(attack, see):
    if attack.needs_known:
        first, last = see(known=slice(5)), see(known=slice(5, None))
        assert not torch.equal(attack.forge(first), attack.forge(last))
    else:
        assert bits(attack.forge(see(known=slice(0)))) == bits(attack.forge(see()))


def test_the_past_is_read_only_where_announced(attack, see):
    asked = []

    def earlier(steps):
        asked.append(steps)
        return bank(1 + steps)[:M]

    seen = replace(see(), earlier=earlier)
    rows = attack.forge(seen)
    assert all(1 <= steps <= attack.memory for steps in asked)
    if not attack.memory:
        nothing = replace(seen, previous=None, earlier=lambda steps: None)
        assert bits(attack.forge(nothing)) == bits(rows)


def test_a_lone_attacker_is_told_apart_and_a_crew_is_not(attack, see):
    """Only what acts worker by worker is handed a worker; draws differ between two of them."""
    first, second = (attack.forge(see(worker=w)) for w in (1, 2))
    if not attack.collusive:
        assert bits(first) != bits(second)


def test_something_false_is_sent(attack, see):
    seen = see()
    sent = attack.deliver(attack.forge(seen).clone())
    assert sent.shape == (M, D)
    false = [bits(row) != bits(true) for row, true in zip(sent, seen.honest, strict=True)]
    assert false == [True] * M


@pytest.mark.parametrize("width", [1, 10, D])
def test_delivered_blocks_make_up_the_delivered_row(attack, see, width):
    rows = attack.forge(see()).clone()
    blocks = [attack.deliver(block.clone()) for block in rows.split(width, dim=1)]
    whole = attack.deliver(rows.clone())
    torch.testing.assert_close(torch.cat(blocks, dim=1), whole, rtol=0, atol=0, equal_nan=True)


def test_gradients_of_zeros_are_no_trouble(attack, see):
    """Dead coordinates, a task that vanished, a first step without a past."""
    zero = replace(see(), previous=None, earlier=lambda steps: None)
    zero = replace(zero, honest=zero.honest * 0, known=zero.known * 0)
    finite = torch.isfinite(attack.forge(replace(zero, poisoned=lambda poison: zero.honest))).all()
    assert bool(finite) == (type(attack).__name__ not in ("Nans", "Infs"))


def test_one_known_gradient_and_none_spared_are_no_trouble(attack, see):
    lone = see(known=slice(1))
    assert attack.forge(replace(lone, spared=np.zeros(1, dtype=bool))).shape == (M, D)


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_the_name_is_one_on_the_command_line(path):
    """Hydra reads nan, inf, null, true and the like as values."""
    override = OverridesParser.create().parse_override(f"attack={path.stem}")
    assert override.value() == path.stem


def test_the_catalogue_has_what_it_prints(attack):
    doc = type(attack).__doc__
    assert len(doc.splitlines()[0]) < 100
    assert "row" in doc
    assert "(self" not in doc, "the docstring is dataclass's own"
    assert type(attack).source
    assert attack.needs in KNOWLEDGE
    for argument in fields(attack):
        assert argument.name in doc, f"{argument.name} is not described"
