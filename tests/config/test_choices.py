"""Components from a short text, by the YAML files of their stage."""

import pytest
from support import members

from robusttrain.config.choices import choices, component, described


def test_choices_are_the_files_of_the_stage():
    assert choices("attack") == [path.stem for path in members("attack")]


def test_a_text_gives_the_defaults_and_what_it_changes():
    assert component("attack", "alie").z is None
    assert component("attack", "alie:z=1.5").z == 1.5
    rop = component("attack", "rop:angle=90,blend=0.5")
    assert (rop.angle, rop.blend, rop.pull) == (90, 0.5, described("attack", "rop").pull)
    bucketing = component("preaggregator", "bucketing:size=3,buckets=null")
    assert (bucketing.size, bucketing.buckets) == (3, None)


@pytest.mark.parametrize(
    ("stage", "text", "message"),
    [
        ("aggregator", "mode", "^aggregator=mode does not exist; choose from auto_gm, brute"),
        ("attack", "alie:y=2", "^attack=alie has no y; its parameters: z$"),
        ("attack", "zero:y=2", "^attack=zero has no y; its parameters: none$"),
        ("attack", "reversed:scale=-1", "^attack.scale=-1 must be > 0"),
    ],
)
def test_what_does_not_exist_or_is_refused_is_a_value_error(stage, text, message):
    with pytest.raises(ValueError, match=message):
        component(stage, text)
