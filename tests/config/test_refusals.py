"""What Hydra refuses, in one line with the key."""

import pytest
from hydra.errors import MissingConfigException

from robusttrain.config.compose import compose
from robusttrain.config.refusals import refusal


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["foo=3"], "^foo is no key of the configuration; leave it out$"),
        (["step=3"], "^step is no key of the configuration; did you mean steps.$"),
        (
            ["optimizer=sgd", "optimizer.moment=2"],
            r"SGD has no moment.*did you mean optimizer\.mom",
        ),
        (["optimizer.eps=2"], r"^optimizer.eps is not set.*add it with \+optimizer\.eps=2$"),
        (["preaggregator.nnm.f=2"], r"nnm is not chosen; add preaggregator=\[nnm\]$"),
        (["preaggregator=[nnm]", "preaggregator.nnm.g=2"], "nnm has no g; its parameters: f"),
        (["+steps=5"], r"^\+steps=5: steps is there already; write steps=5$"),
        (["+attack=alie"], "attack is there already; write attack=alie$"),
        (["~foo"], "^~foo: there is no foo"),
        (["~steps"], r"^schedule\.T_max: Interpolation key 'steps' not found$"),
        (["threat=[]"], r"threat=\[\]"),
        (
            ["fault={worker: 1}"],
            r"^fault=\{worker: 1\} must be a list; use fault=\[\{wor",
        ),
    ],
)
def test_it_is_one_line_that_names_the_key(words, message):
    with pytest.raises(ValueError, match=message) as caught:
        compose(*words)
    assert "\n" not in str(caught.value)


def test_a_choice_that_is_missing_lists_those_there_are():
    error = MissingConfigException("many\nlines", "attack/x", ["a", "b"])
    line = refusal(error, ["attack=x"], lambda words: {}, "train")
    assert line == "attack=x does not exist; choose from a, b"
