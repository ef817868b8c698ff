"""Points are read from files of the price table, and other files are refused."""

import pytest
from predict_parts import write_lines
from price_parts import made_up, setting_of

from robusttrain.study.predict.point import read_points
from robusttrain.study.price.file import save
from robusttrain.study.price.prices import prices


def test_what_the_price_table_saves_is_read(tmp_path):
    path = tmp_path / "price.csv"
    save(prices(made_up(), {"ddp": 1.0, "probe:1": 2.0}), path, setting_of())
    ddp, probed = read_points([path])
    assert ddp.name == "small_cnn, K 4, batch 32 by 8: ddp"
    assert (ddp.seconds, ddp.phases["compute"], ddp.load.kind) == (5.5, 5.5, "ddp")
    assert (probed.seconds, probed.load.checks) == (16, 1)
    assert probed.phases["compute"] == 2 + 0.5  # sums, and those of others
    assert probed.phases["compare"] == 0.125
    assert probed.phases["update"] == 0.25
    assert ddp.phases["update"] == 0
    assert probed.device == "cpu"


def test_the_update_is_that_of_whoever_updates(tmp_path):
    spent = {"seconds": 1.0, "worker_update": 0.25, "server_update": 0.5}
    rows = [{"row": row, **spent} for row in ("ddp", "plain", "unprobed")]
    points = read_points([write_lines(tmp_path / "price.csv", *rows)])
    assert [point.phases["update"] for point in points] == [0.25, 0.25, 0.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "has no column row; use a file that bench.py step --csv wrote"),
        ("", "has no column row"),
        ("row,seconds\nddp\n", "has no column seconds"),
        ("row,seconds\nddp,1\n", "has no column server_update"),
        ("\0", "has no column row"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_points([path])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"seconds": -1}, "row unprobed: seconds=-1 must be a finite number of seconds >= 0"),
        ({"seconds": 0}, "seconds=0 must be > 0"),
        ({"seconds": "nan"}, "seconds=nan must be a finite number"),
        ({"seconds": "fast"}, "could not convert string to float"),
        ({"row": "fastest", "seconds": 1}, "no such row"),
        ({"workers": "many", "seconds": 1}, "row unprobed: invalid literal"),
        ({"model": "vit", "seconds": 1}, "--model vit must be one of"),
        ({"batch": 31, "seconds": 1}, "batch=31 must be a multiple"),
    ],
)
def test_wrong_values_are_refused(tmp_path, line, message):
    path = write_lines(tmp_path / "price.csv", line)
    with pytest.raises(ValueError, match=f"--csv .*{message}"):
        read_points([path])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"--csv .*gone\.csv: cannot be read"):
        read_points([tmp_path / "gone.csv"])
    with pytest.raises(ValueError, match="cannot be read"):
        read_points([tmp_path])
