"""Cells: what is measured has a format."""

from robusttrain.study.cell import MEASURES


def test_measures_are_printed_by_their_formats():
    assert {name: form.format(1 / 3) for name, form in MEASURES.items()} == {
        "accuracy": "0.333", "loss": "0.333", "forged": "0.3333", "convicted": "0.333",
        "false_convictions": "0.333",
    }  # fmt: skip
