"""Which points are fitted and which are held out."""

from types import SimpleNamespace

import pytest
from predict_parts import write_lines

from robusttrain.study.predict import run
from robusttrain.study.predict.plan import PLAN
from robusttrain.study.predict.run import measured, stored

ROWS = [{"row": row, "seconds": 1.0} for row in ("ddp", "unprobed", "probe:0.5")]


def test_stored_files_are_fitted_or_judged_by(tmp_path):
    first, second = (write_lines(tmp_path / name, *ROWS) for name in ("a.csv", "b.csv"))
    fitted, held = stored([first], [])
    assert [point.row for point in held] == ["probe:0.5"]
    assert len(fitted) == 2
    fitted, held = stored([first], [second])
    assert (len(fitted), len(held)) == (3, 3)
    with pytest.raises(ValueError, match="name those to fit too, after --csv"):
        stored([], [second])


def test_shares_and_whole_settings_are_held_out_of_what_is_measured(tmp_path, monkeypatch):
    calls = []

    def measure(words, path):
        calls.append(words)
        path.write_text("")

    points = [SimpleNamespace(row=line["row"]) for line in ROWS]
    monkeypatch.setattr(run, "read_points", lambda paths: points)
    fitted, held = measured(measure, quick=True, keep=tmp_path)
    quick = [setting for setting in PLAN if setting.quick]
    assert calls == [setting.words(quick=True) for setting in quick]
    assert {path.stem for path in tmp_path.glob("*.csv")} == {setting.name for setting in quick}
    assert {point.row for point in fitted} == {"ddp", "unprobed"}
    whole = sum(setting.held for setting in quick)
    assert len(held) == len(quick) + 2 * whole


def test_a_folder_that_is_not_there_is_refused_before_anything_is_measured(tmp_path):
    with pytest.raises(ValueError, match="is no folder; create it"):
        measured(lambda words, path: pytest.fail("measured"), True, tmp_path / "gone")
