"""The small transformer: causal, near uniform at the start, and the same under vmap."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from robusttrain.training.model.gpt import gpt

VOCABULARY, LENGTH = 13, 10


def small(**more):
    torch.manual_seed(0)
    return gpt(**{"vocabulary": VOCABULARY, "length": LENGTH, "layers": 2, "heads": 2,
                  "width": 16} | more)  # fmt: skip


def tokens(*shape, seed=0, vocabulary=VOCABULARY):
    return torch.randint(vocabulary, shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("place", range(1, LENGTH))
def test_an_output_does_not_depend_on_later_tokens(place):
    model, one = small(), tokens(3, LENGTH)
    other = torch.cat([one[:, :place], tokens(3, LENGTH - place, seed=1)], dim=1)
    first, second = model(one), model(other)
    assert torch.equal(first[:, :place], second[:, :place])
    assert not torch.equal(first[:, place:], second[:, place:])


def test_an_output_depends_on_all_earlier_tokens():
    model, one = small(), tokens(1, LENGTH)
    last = model(one)[0, -1]
    for place in range(LENGTH):
        other = one.clone()
        other[0, place] = (other[0, place] + 1) % VOCABULARY
        assert not torch.equal(model(other)[0, -1], last)


def test_a_prefix_gives_the_outputs_of_the_whole():
    model, whole = small(), tokens(2, LENGTH)
    torch.testing.assert_close(model(whole[:, :4]), model(whole)[:, :4])


@pytest.mark.parametrize("vocabulary", [13, 256])
def test_the_first_loss_is_near_that_of_guessing(vocabulary):
    model = small(vocabulary=vocabulary, width=64)
    given = tokens(20, LENGTH, vocabulary=vocabulary)
    targets = tokens(20, LENGTH, seed=1, vocabulary=vocabulary)
    loss = cross_entropy(model(given).flatten(0, 1), targets.flatten())
    assert loss.item() == pytest.approx(math.log(vocabulary), rel=0.02)


def test_rows_under_vmap_are_those_of_plain_backpropagation():
    model = small()
    named = {name: p.detach() for name, p in model.named_parameters()}
    given, targets = tokens(4, 3, LENGTH), tokens(4, 3, LENGTH, seed=1)

    def loss(parameters, inputs, wanted):
        outputs = torch.func.functional_call(model, parameters, (inputs,))
        return cross_entropy(outputs.flatten(0, 1), wanted.flatten())

    rows = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(named, given, targets)
    for task in range(4):
        model.zero_grad()
        loss(dict(model.named_parameters()), given[task], targets[task]).backward()
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(rows[name][task], parameter.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("layers", "heads", "width"), [(0, 1, 8), (1, 0, 8), (1, 3, 8), (1, 1, 0)])
def test_sizes_that_do_not_fit_are_refused(layers, heads, width):
    said = rf"model\.layers={layers}, model\.heads={heads}, model\.width={width}: .* use 2, 4"
    with pytest.raises(ValueError, match=said):
        gpt(VOCABULARY, LENGTH, layers, heads, width)


@pytest.mark.parametrize(
    ("overrides", "learns"),
    [(("threat.byzantine=0", "aggregator=mean"), True), ((), True), (("aggregator=mean",), False)],
    ids=["honest", "attacked, geometric median", "attacked, mean"],
)
def test_it_learns_text_in_a_few_steps_if_honest_or_defended(simulated, overrides, learns):
    """From the logarithm of 256, 5.5, to near the entropy of single bytes, 2.7."""
    tiny = ("steps=20", "batch=16", "data.length=32", "model.width=16", "model.heads=2",
            "optimizer.lr=0.02")  # fmt: skip
    run = simulated("experiment=text_gpt", *tiny, *overrides)
    loss = run.summary["test_loss"]
    assert (loss < 3.5) if learns else (loss > 5)
