"""The price table as a CSV file."""

import csv

import pytest
from price_parts import PASSES, made_up, setting_of

from robusttrain.study.price.file import SETTING, save
from robusttrain.study.price.places import PHASES
from robusttrain.study.price.prices import prices


def test_the_file_has_every_figure(tmp_path):
    path = tmp_path / "price.csv"
    save(prices(made_up(), PASSES), path, setting_of(workers=6))
    with path.open() as file:
        rows = {row["row"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(PASSES)
    assert float(rows["probe:1"]["price"]) == 2.5
    assert float(rows["probe:1"]["worker_recompute"]) == 0.5
    assert float(rows["probe:1"]["sent_pull"]) == pytest.approx(2e6)
    assert {f"server_{phase}" for phase in PHASES} <= set(rows["ddp"])
    told = [rows["ddp"][name] for name in SETTING[:-1]]
    assert told == ["small_cnn", "data=digits", "6", "2", "1", "32", "8", "cpu"]
