"""The price table as an image."""

from price_parts import PASSES, made_up

from robusttrain.study.price.plot import plot
from robusttrain.study.price.prices import prices


def test_an_image_is_written(tmp_path):
    path = tmp_path / "price.png"
    plot(prices(made_up(), PASSES), path, "made up")
    assert path.read_bytes()[:4] == b"\x89PNG"
