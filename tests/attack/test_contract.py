"""What every attack in configs/attack must do."""

import pytest
import torch
from support import component, members

from robusttrain.attack.base import View

ATTACKS = members("attack")
M, N, D = 4, 10, 33


@pytest.fixture(scope="module", params=ATTACKS, ids=lambda path: path.stem)
def attack(request):
    return component(request.param)


def view(dtype=torch.float32, known=slice(None), tasks=slice(M)):
    rows = torch.randn(N, D, generator=torch.Generator().manual_seed(0)).to(dtype)
    return View(rows[tasks].clone(), rows[known].clone(), workers=15, byzantine=3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_are_those_of_the_view(attack, dtype):
    seen = view(dtype)
    rows = attack.forge(seen)
    assert (rows.shape, rows.dtype) == ((M, D), dtype)
    assert rows.device == seen.honest.device


def test_the_view_is_left_alone(attack):
    seen, same = view(), view()
    rows = attack.forge(seen).clone()
    attack.deliver(rows)
    assert torch.equal(seen.honest, same.honest)
    assert torch.equal(seen.known, same.known)


def test_identical_views_give_identical_bits(attack):
    first, second = attack.forge(view()), attack.forge(view())
    assert first.numpy().tobytes() == second.numpy().tobytes()


def test_a_row_does_not_depend_on_the_tasks_forged_with_it(attack):
    """Colluders on different ranks host different tasks, and must still agree on each."""
    together = attack.forge(view(tasks=[0, 1, 2, 3]))
    for tasks in ([2], [3, 1], [1, 2, 0]):
        alone = attack.forge(view(tasks=tasks))
        assert alone.contiguous().numpy().tobytes() == together[tasks].numpy().tobytes()


def test_what_is_known_is_read_only_where_announced(attack):
    if attack.needs_known:
        assert not torch.equal(attack.forge(view()), attack.forge(view(known=slice(2))))
    else:
        blind = attack.forge(view(known=slice(0)))
        assert torch.equal(blind, attack.forge(view()))


def test_something_false_is_sent(attack):
    seen = view()
    sent = attack.deliver(attack.forge(seen).clone())
    assert sent.shape == (M, D)
    assert (sent != seen.honest).any(dim=1).all()


@pytest.mark.parametrize("width", [1, 10, D])
def test_delivered_blocks_make_up_the_delivered_row(attack, width):
    rows = attack.forge(view()).clone()
    blocks = [attack.deliver(block.clone()) for block in rows.split(width, dim=1)]
    assert torch.equal(torch.cat(blocks, dim=1), attack.deliver(rows.clone()))
