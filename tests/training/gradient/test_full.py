"""Rows: the right gradients, and the same bits whatever is computed beside them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector

from robusttrain.certificate.scheme import Scheme
from robusttrain.membership.planner import Planner
from robusttrain.ops.layout import Layout
from robusttrain.protocol.row_checks import stand_ins
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.training.augment.base import Augment
from robusttrain.training.augment.crop_flip import CropFlip
from robusttrain.training.augment.none import NoAugment
from robusttrain.training.data.synthetic import Synthetic
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import Supervised
from robusttrain.types import Plan

torch.set_num_threads(1)
IMAGE, CLASSES, WORKERS, SAMPLES = (2, 8, 8), 4, 6, 3
TASKS = np.arange(20)
MODES = ["vmap", "loop", "batched"]


@dataclass
class Bench:
    gradients: Gradients
    plan: Plan
    parameters: Tensor

    def rows(self, tasks: np.ndarray) -> Tensor:
        out = torch.full((len(tasks), len(self.parameters)), 7.0)
        assert self.gradients.rows(self.parameters, self.plan, np.asarray(tasks), out) is out
        return out


def bench(chunk: int = 3, vectorize: str = "vmap", augment: Augment | None = None) -> Bench:
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 8), 8)
    layout = Layout.of(model, 100)
    parameters = parameters_to_vector(model.parameters()).detach()
    train, _ = Synthetic(IMAGE, CLASSES, 100, 1, 1.0).load()
    augment = augment or NoAugment()
    gradients = Gradients(Supervised(chunk, vectorize), model, layout, train, augment)
    start = Scheme(Subset(3), WORKERS, tuple(range(WORKERS)), 0)
    plan = Planner(start, SAMPLES * len(TASKS), 100, 0)(0)
    return Bench(gradients, plan, parameters)


def by_autograd(made: Bench, samples: np.ndarray, seed: int | None = None) -> Tensor:
    """The gradient of the mean loss of `samples`, by plain backpropagation."""
    grad, data = made.gradients, made.gradients.data
    named = {
        n: p.clone().requires_grad_() for n, p in grad.layout.unflatten(made.parameters).items()
    }
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 8), 8)
    images = data.inputs[torch.tensor(samples)]
    images = images if seed is None else grad.augment(images, seed)
    outputs = torch.func.functional_call(model, named, (data.prepare(images),))
    cross_entropy(outputs, data.targets[torch.tensor(samples)]).backward()
    return torch.cat([named[name].grad.flatten() for name in grad.layout.names])


def distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("vectorize", MODES)
@pytest.mark.parametrize("augment", [None, CropFlip(2, True)], ids=["plain", "augmented"])
def test_rows_are_the_gradients_of_the_tasks(vectorize, augment):
    made = bench(vectorize=vectorize, augment=augment)
    for row, samples, seed in zip(
        made.rows(TASKS), made.plan.samples, made.plan.seeds.tolist(), strict=True
    ):
        assert distance(row, by_autograd(made, samples, seed if augment else None)) < 1e-5


@pytest.mark.parametrize("vectorize", MODES)
def test_the_mean_of_all_rows_is_the_gradient_of_thebatch(vectorize):
    made = bench(vectorize=vectorize)
    whole = by_autograd(made, made.plan.samples.flatten())
    assert distance(made.rows(TASKS).mean(dim=0), whole) < 1e-6


@pytest.mark.parametrize("vectorize", MODES)
@pytest.mark.parametrize("chunk", [2, 3, 7, 64])
def test_bits_do_not_depend_on_the_other_tasks(vectorize, chunk):
    """One task or many, in any order, at any place of a chunk that is full or padded."""
    made = bench(chunk, vectorize, CropFlip(1, True))
    rows = made.rows(TASKS)
    rng = np.random.default_rng(chunk)
    subsets = [TASKS[::-1], TASKS[:1], TASKS[-1:], TASKS[3:12], TASKS[::3]]
    subsets += [rng.permutation(TASKS)[:size] for size in (2, 5, 11, 19)]
    subsets += [made.plan.held([worker]) for worker in (0, WORKERS - 1)]
    for subset in subsets:
        assert torch.equal(made.rows(subset), rows[subset.copy()])


@pytest.mark.parametrize("vectorize", MODES)
def test_bits_do_not_depend_on_what_was_computed_before(vectorize):
    made = bench(vectorize=vectorize)
    first = made.rows(TASKS)
    torch.rand(5)
    assert torch.equal(made.rows(TASKS), first)
    assert torch.equal(bench(vectorize=vectorize).rows(TASKS), first)


def test_chunks_are_no_longer_than_the_tasks_of_a_worker():
    """The ten tasks that each worker holds bound the chunk, so that none pads more than it has."""
    made, widths = bench(chunk=64), []
    found = made.gradients.batch

    def batch(plan, tasks, width):
        widths.append(width)
        return found(plan, tasks, width)

    made.gradients.batch = batch
    made.rows(TASKS[:13])
    assert widths == [10, 10]


def test_the_chunk_is_that_of_the_worker_with_the_fewest_tasks_but_two_at_least():
    """Whoever holds nothing, and shadows, do not count: all ranks must agree on it."""
    made, widths = bench(chunk=64), []
    found = made.gradients.batch

    def batch(plan, tasks, width):
        widths.append(width)
        return found(plan, tasks, width)

    made.gradients.batch = batch
    shadows = np.array([[6, 0]])
    for teams, width in (([[0, 1], [0, 1], [0, 2], [1, 2]], 2), ([[0, 1]] * 3 + [[0, 3]], 2)):
        made.plan = replace(made.plan, workers=8, teams=np.array(teams), shadows=shadows)
        widths.clear()
        made.rows(TASKS[:4])
        assert widths == [width] * (4 // width)
    made.plan = replace(made.plan, teams=np.array([[0, 1]] * 4))
    widths.clear()
    made.rows(TASKS[:4])
    assert widths == [4]


def test_pixels_follow_from_the_seed_of_the_task():
    made = bench(augment=CropFlip(3, True))
    data, plan = made.gradients.data, made.plan
    for tasks in ([5, 1], [1, 2, 3, 4], [1]):
        images, labels = made.gradients.batch(plan, np.array(tasks), 5)
        place, samples = tasks.index(1), torch.tensor(plan.samples[1])
        seen = CropFlip(3, True)(data.inputs[samples], int(plan.seeds[1]))
        assert torch.equal(images[place], data.prepare(seen))
        assert len(images) == len(labels) == 5
        assert torch.equal(labels[place], data.targets[samples])


def test_tasks_with_other_seeds_see_other_pixels():
    made = bench(augment=CropFlip(3, True))
    plan = made.plan
    same = replace(plan, samples=plan.samples[[0] * len(TASKS)])
    images, _ = made.gradients.batch(same, TASKS, len(TASKS))
    assert len({image.numpy().tobytes() for image in images}) > 15


@pytest.mark.parametrize("vectorize", MODES)
def test_a_gradient_that_is_not_finite_becomes_negative_zeros(vectorize):
    made = bench(vectorize=vectorize)
    made.parameters.mul_(1e30)
    rows = made.rows(TASKS)
    assert torch.equal(rows, torch.zeros(len(TASKS), len(made.parameters)))
    assert torch.signbit(rows).all()


@pytest.mark.parametrize("vectorize", MODES)
def test_a_gradient_of_zeros_has_none_that_are_negative(vectorize):
    """Not in the first block: or a model that has converged would count as diverged."""
    made = bench(vectorize=vectorize)
    made.parameters.zero_()
    rows = made.rows(TASKS)
    lo, hi = made.gradients.layout.blocks[0]
    assert (rows[:, lo:hi] == 0).all()
    assert stand_ins(rows[:, lo:hi]) == 0


@pytest.mark.parametrize("vectorize", MODES)
def test_only_the_row_that_is_not_finite_is_zeroed(vectorize):
    made = bench(vectorize=vectorize)
    rows = made.rows(TASKS)
    spoiled = int(made.plan.samples[4, 1])
    prepare = made.gradients.data.prepare

    class Spoiled(type(made.gradients.data)):
        def prepare(self, images):
            bad = (images == self.inputs[spoiled]).all(dim=(-1, -2, -3))
            return prepare(images).masked_fill(bad[..., None, None, None], torch.inf)

    data = made.gradients.data
    made.gradients.data = Spoiled(data.inputs, data.targets, data.mean, data.std)
    expected = rows.clone()
    expected[4] = 0
    rows = made.rows(TASKS)
    assert torch.equal(rows, expected)
    assert torch.signbit(rows).all(dim=1).tolist() == [task == 4 for task in TASKS]


def test_the_parameters_are_left_alone():
    made = bench()
    before = made.parameters.clone()
    made.rows(TASKS)
    assert torch.equal(made.parameters, before)


@pytest.mark.parametrize("chunk", [1, 0])
def test_a_chunk_of_fewer_than_two_is_refused(chunk):
    with pytest.raises(ValueError, match=rf"objective\.chunk={chunk} must be a whole number >= 2"):
        Supervised(chunk, "vmap")


def test_an_unknown_way_to_vectorize_is_refused():
    with pytest.raises(
        ValueError, match=r"objective\.vectorize=both must be vmap, loop, batched or auto"
    ):
        Supervised(2, "both")
