"""Sums: the gradient of a worker's share, the same bits for whoever computes it."""

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.data import Dataset

from robusttrain.certificate.scheme import Scheme
from robusttrain.membership.planner import EVICTED, Planner
from robusttrain.ops.layout import Layout
from robusttrain.redundancy.assignment.single import Single
from robusttrain.training.augment.base import Augment
from robusttrain.training.augment.crop_flip import CropFlip
from robusttrain.training.augment.none import NoAugment
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums, place_seed
from robusttrain.training.model.gpt import gpt
from robusttrain.training.model.resnet18 import resnet18
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import Supervised
from robusttrain.training.on_demand import OnDemand
from robusttrain.training.samples import InMemory, Samples
from robusttrain.types import Plan

torch.set_num_threads(1)
WORKERS, TASKS, LENGTH = 3, 7, 5


class Tied(nn.Module):
    """The head is the embedding, as a layer and as a function; a buffer; one frozen layer."""

    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.token, self.mix = nn.Embedding(11, 6), nn.Linear(6, 6)
        self.frozen = nn.Linear(6, 6).requires_grad_(False)
        self.head = nn.Linear(6, 11, bias=False)
        self.head.weight = self.token.weight
        self.register_buffer("scale", torch.tensor(0.5))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.frozen(self.mix(self.token(tokens)).tanh()) * self.scale
        return self.head(x) + linear(x, self.token.weight)


class Branching(nn.Module):
    """Which layer is used depends on values, one sample after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([(self.one if float(row.sum()) > 0 else self.other)(row) for row in x])


class Recurrent(nn.Module):
    """An LSTM, which keeps references to its parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.cell = nn.Embedding(11, 6), nn.LSTM(6, 6, batch_first=True)
        self.head = nn.Linear(6, 11)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.cell(self.token(tokens))[0])


class Named(nn.Module):
    """Inputs are a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.layer(inputs["x"]) * inputs["weight"]


class NamedItems(Dataset):
    """Drawn as they are read."""

    def __len__(self) -> int:
        return 120

    def __getitem__(self, number: int) -> tuple:
        return {"x": torch.rand(4) + number % 3, "weight": torch.rand(1)}, number % 3


def images(shape: tuple[int, int, int]) -> Samples:
    rng = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (120, *shape), generator=rng, dtype=torch.uint8)
    targets = torch.randint(0, 4, (120,), generator=rng)
    return InMemory(pixels, targets, (120.0,) * shape[0], (70.0,) * shape[0])


def tokens() -> Samples:
    text = torch.randint(0, 11, (120, 9), generator=torch.Generator().manual_seed(1))
    return InMemory(text[:, :-1].clone(), text[:, 1:].clone())


def numbers() -> Samples:
    rng = torch.Generator().manual_seed(1)
    return InMemory(torch.randn(120, 4, generator=rng), torch.arange(120) % 3)


MODELS = {
    "small_cnn": (lambda: small_cnn((2, 8, 8), 4, (4, 8), 8), lambda: images((2, 8, 8))),
    "resnet18": (lambda: resnet18((3, 8, 8), 4, 32, True), lambda: images((3, 8, 8))),
    "gpt": (lambda: gpt(11, 8, 2, 2, 8), tokens),
    "tied": (Tied, tokens),
    "branching": (Branching, numbers),
    "recurrent": (Recurrent, tokens),
    "dict": (Named, lambda: OnDemand(NamedItems(), 0, torch.device("cpu"))),
}


@dataclass
class Bench:
    sums: Sums
    plan: Plan
    parameters: Tensor

    def sum(self, worker: int) -> Tensor:
        out = torch.full_like(self.parameters, 7.0)
        assert self.sums.sum(self.parameters, self.plan, worker, out) is out
        return out


def bench(name: str = "small_cnn", chunk: int = 2, augment: Augment | None = None) -> Bench:
    """Seven tasks of five samples for three workers; other parameters than the model's own."""
    torch.manual_seed(0)
    make, samples = MODELS[name]
    model = make()
    layout = Layout.of(model, 100)
    named = {n: p.detach() + 0.01 for n, p in model.named_parameters()}
    parameters = layout.pack(named, torch.empty(layout.size))
    data = samples()
    start = Scheme(Single(TASKS), WORKERS, tuple(range(WORKERS)), 1)
    plan = Planner(start, TASKS * LENGTH, len(data), 0)(0)
    augment = augment or NoAugment()
    return Bench(Sums(Supervised(chunk, "vmap"), model, layout, data, augment), plan, parameters)


def by_autograd(made: Bench, workers: list[int]) -> Tensor:
    """The gradient of the mean loss over whole shares in one batch, as a user would take it."""
    sums, model = made.sums, deepcopy(made.sums.model)
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in sums.layout.unflatten(made.parameters).items():
            own[name].copy_(value)
    pairs = [sums.read(*key) for w in workers for key in sums.micro_batches(made.plan, w)]
    inputs, targets = tree_map(lambda *leaves: torch.cat(leaves, dim=1)[0], *pairs)
    sums.objective.loss(model(inputs), targets).backward()
    gradients = {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in own.items()}
    return sums.layout.pack(gradients, torch.empty(sums.layout.size))


def distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("chunk", [2, 64])
def test_a_sum_is_the_gradient_of_the_share(name, chunk):
    """The shares are of 3, 2 and 2 tasks; a chunk of 2 cuts each into 2 + 2 + 1 samples."""
    made = bench(name, chunk)
    for worker in (0, 1):
        rounding = 3e-6 if name == "resnet18" else 1e-6
        assert distance(made.sum(worker), by_autograd(made, [worker])) < rounding


def test_sums_weighted_by_their_samples_are_the_gradient_of_the_batch():
    made = bench(augment=CropFlip(2, True))
    held = [len(tasks) for tasks in made.plan.holdings]
    assert held == [3, 2, 2]
    mean = sum(made.sum(w) * count / TASKS for w, count in enumerate(held))
    assert distance(mean, by_autograd(made, [*range(WORKERS)])) < 1e-6


@pytest.mark.parametrize("augment", [None, CropFlip(2, True)], ids=["plain", "augmented"])
def test_where_a_task_is_one_micro_batch_a_sum_is_the_mean_of_its_rows(augment):
    made = bench(chunk=LENGTH, augment=augment)
    sums, plan = made.sums, made.plan
    rows = Gradients(sums.objective, sums.model, sums.layout, sums.data, sums.augment)
    for worker, tasks in enumerate(plan.holdings):
        out = torch.empty(len(tasks), sums.layout.size)
        mean = rows.rows(made.parameters, plan, tasks, out).mean(dim=0)
        assert distance(made.sum(worker), mean) < 1e-6


@pytest.mark.parametrize("name", MODELS)
def test_whoever_computes_a_share_after_whatever_has_the_same_bits(name):
    made = bench(name, augment=CropFlip(2, True) if name in ("small_cnn", "resnet18") else None)
    first = [made.sum(worker) for worker in range(WORKERS)]
    assert len({row.numpy().tobytes() for row in first}) == WORKERS
    other = bench(name, augment=made.sums.augment)  # the checker's own
    for worker in (2, 0):
        torch.rand(5), np.random.rand(5)
        made.sums.read(made.plan.samples[[3, 0]], made.plan.seeds[[3, 0]])
        with torch.no_grad():
            assert torch.equal(made.sum(worker), first[worker])
        assert torch.equal(other.sum(worker), first[worker])
    made.sums.sum(made.parameters * 2, made.plan, 0, torch.empty_like(made.parameters))
    assert torch.equal(made.sum(0), first[0])


def test_it_may_be_one_row_of_a_buffer_and_parameters_one_of_another():
    made = bench()
    first = made.sum(1)
    rows, many = torch.full((3, len(first)), 7.0), made.parameters.repeat(3, 1)
    many[0], many[2] = torch.nan, torch.nan
    made.sums.sum(many[1], made.plan, 1, rows[1])
    assert torch.equal(rows[1], first)
    assert (rows[[0, 2]] == 7).all()


class Allocations(TorchDispatchMode):
    """Notes the numbers that each tensor holds whose memory is none of `known`."""

    def __init__(self, *known: Tensor) -> None:
        super().__init__()
        self.known = {tensor.untyped_storage().data_ptr() for tensor in known}
        self.sizes: list[int] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                storage = leaf.untyped_storage()
                if storage.data_ptr() not in self.known:
                    self.sizes.append(storage.nbytes() // leaf.element_size())
        return result


def test_nothing_as_long_as_the_parameters_is_allocated():
    """Six layers of 40 x 40: one layer's gradient at a time, which is added and let go."""
    made = bench("branching")
    model = nn.Sequential(nn.Linear(4, 40), *(nn.Linear(40, 40) for _ in range(6)))
    layout = Layout.of(model, 100)
    sums = Sums(made.sums.objective, model, layout, made.sums.data, NoAugment())
    parameters, out = torch.rand(layout.size) / 10, torch.empty(layout.size)
    with Allocations(parameters, out, *model.parameters()) as noted:
        sums.sum(parameters, made.plan, 0, out)
    assert max(noted.sizes) == 40 * 40  # the backward pass is seen, too
    assert len(noted.sizes) > 100


def test_the_model_has_its_own_parameters_back_even_if_it_fails():
    made = bench("branching")
    model, before = made.sums.model, deepcopy(made.sums.model.state_dict())
    memory = [parameter.data_ptr() for parameter in model.parameters()]

    def check() -> None:
        assert [parameter.data_ptr() for parameter in model.parameters()] == memory
        assert all(parameter.grad is None for parameter in model.parameters())
        assert all(torch.equal(model.state_dict()[n], value) for n, value in before.items())

    given = made.parameters.clone()
    made.sum(0)
    check()
    assert torch.equal(made.parameters, given)
    made.sums.data = replace(made.sums.data, inputs=torch.ones(120, 5))
    with pytest.raises(RuntimeError):
        made.sum(0)
    check()


def test_micro_batches_end_where_a_task_ends():
    for chunk, sizes in ((2, [2, 2, 1]), (3, [3, 2]), (5, [5]), (64, [5])):
        made = bench(chunk=chunk)
        for worker, tasks in enumerate(made.plan.holdings):
            keys = made.sums.micro_batches(made.plan, worker)
            assert [numbers.shape for numbers, _ in keys] == [(1, s) for s in sizes * len(tasks)]
            assert all(numbers.flags.writeable for numbers, _ in keys)  # torch warns otherwise
            joined = np.concatenate([numbers[0] for numbers, _ in keys])
            assert np.array_equal(joined, made.plan.samples[tasks].ravel())


def test_pixels_follow_from_the_seed_of_the_task_and_the_place_of_the_micro_batch():
    made = bench(augment=CropFlip(3, True))
    data, plan = made.sums.data, made.plan
    keys = [key for w in range(WORKERS) for key in made.sums.micro_batches(plan, w)]
    assert len({int(seed[0]) for _, seed in keys}) == len(keys) == 3 * TASKS
    for index, (numbers, seed) in enumerate(keys):
        task, place = divmod(index, 3)
        assert seed == place_seed(int(plan.seeds[task]), place)
        pixels, _ = made.sums.read(numbers, seed)
        drawn = CropFlip(3, True)(data.inputs[torch.from_numpy(numbers[0])], int(seed[0]))
        assert torch.equal(pixels[0], data.prepare(drawn))
    assert place_seed(12, 0) == 12
    assert place_seed(12, 1).dtype == np.int64


def test_what_is_read_is_what_was_expected_one_micro_batch_at_a_time():
    made, told, read = bench(), [], []

    class Noted(InMemory):
        reads_ahead = True

        def expect(self, keys):
            told.extend(keys)

        def read(self, numbers, seeds):
            read.append((numbers, seeds))
            return super().read(numbers, seeds)

    data = made.sums.data
    made.sums.data = Noted(data.inputs, data.targets, data.mean, data.std)
    later = replace(made.plan, seeds=made.plan.seeds + 1)
    made.sums.expect([(later, 2), (made.plan, 0)])
    made.sums.sum(made.parameters, later, 2, torch.empty_like(made.parameters))
    made.sum(0)
    assert len(told) == len(read) == 15
    for one, other in zip(told, read, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_sum_that_is_not_finite_is_returned_as_it_is():
    made = bench()
    made.parameters.mul_(1e30)
    assert not torch.isfinite(made.sum(0)).all()


def test_a_share_with_one_bad_sample_spoils_its_own_sum_only():
    made = bench("branching")
    first = [made.sum(worker) for worker in range(WORKERS)]
    made.sums.data.inputs[int(made.plan.samples[1, 2])] = torch.inf
    assert not torch.isfinite(made.sum(0)).all()
    assert all(torch.equal(made.sum(worker), first[worker]) for worker in (1, 2))


def test_who_holds_nothing_has_no_sum():
    made = bench()
    start = Scheme(Single(TASKS), WORKERS, tuple(range(WORKERS)), 1)
    status = np.array([0, EVICTED, 0], np.uint8)
    made.plan = Planner(start, TASKS * LENGTH, 120, 0)(0, status)
    with pytest.raises(AssertionError, match="worker 1 holds no task of step 0"):
        made.sum(1)
    mean = (4 * made.sum(0) + 3 * made.sum(2)) / TASKS
    assert distance(mean, by_autograd(made, [0, 2])) < 1e-6
