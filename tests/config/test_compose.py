"""Configuration from overrides alone."""

import pytest

from robusttrain.config.compose import compose, recipe


def test_it_is_what_the_command_line_composes(configure):
    words = ("experiment=digits_audit", "workers=9", "seed=4")
    plain = configure(*words, "defense.secret=null")
    assert compose(*words) == plain


@pytest.mark.parametrize(
    ("word", "says"),
    [("detector=psychic", "Could not find 'detector/psychic'.*clique cover degree"),
     ("foo=3", "Could not override 'foo'"), ("pre=[]", "preaggregator=\\[\\]"),
     ("seed=0,1", "sweep"), ("=", "="), ("seed=${nothing}", "nothing"), ("-m", "option"),
     (3, "string")],
)  # fmt: skip
def test_a_bad_override_is_one_line(word, says):
    with pytest.raises(ValueError, match=says) as refused:
        compose(word)
    assert "\n" not in str(refused.value)


def test_what_cannot_run_is_refused():
    with pytest.raises(ValueError, match="batch=7 must be"):
        recipe("batch=7")
