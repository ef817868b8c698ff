"""The command line of the benchmark: what it prints and what it refuses."""

import importlib.util
import sys

import pytest
from predict_parts import write_lines
from support import ROOT

from robusttrain.study.predict import run
from robusttrain.study.price import step
from robusttrain.study.ways import memory

SPEC = importlib.util.spec_from_file_location("bench", ROOT / "launch" / "bench.py")
bench = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bench)


def test_detection_prints_its_table_and_what_it_means(capsys):
    bench.main(["detection", "--workers", "9", "--repeat", "1", "--limit", "7"])
    printed = capsys.readouterr().out
    assert printed.count("│ subset") == 4
    assert "stopped after 7 s" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [("hostile --frames 5", "5 hostile frames"), ("links --bytes 1 --repeat 1", "KB a message")],
)
def test_links_are_attacked_and_timed(capsys, words, said):
    bench.main(words.split())
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [("hostile --frames 0", "--frames=0 must be a whole number >= 1; use 20000"),
     ("links --repeat 0", "--repeat=0 must be a whole number >= 1; use 5"),
     ("links --bytes nan", "--bytes=nan must be a finite number")],
)  # fmt: skip
def test_what_cannot_be_attacked_or_timed_is_refused(words, said):
    with pytest.raises(SystemExit, match=f"error: {said}"):
        bench.main(words.split())


def test_survival_prints_its_tables(monkeypatch, capsys):
    monkeypatch.setattr(bench, "survive", lambda *given: [f"survived {given}"])
    bench.main(["survive", "--parts", "stop", "--kills", "3", "--seed", "1"])
    assert "survived (['stop'], 3, 1)" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="error: --kills=0 must be a whole number >= 1; use 20"):
        bench.main(["survive", "--kills", "0"])


def test_aggregators_prints_a_table_for_each_n_and_d(capsys):
    sizes = ["-n", "5", "9", "-d", "2e3", "300"]
    bench.main(["aggregators", *sizes, "--repeat", "1", "--rules", "median"])
    printed = capsys.readouterr().out
    for title in ("n=5, d=2e+03, cpu", "n=5, d=3e+02", "n=9, d=2e+03", "n=9, d=3e+02"):
        assert title in printed
    assert "passes: time over that of vectors.mean(0)" in printed


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--repeat", "0"], "repeat=0"),
        (["--rules", "medain"], "no rule medain; there are .*median"),
        (["-d", "0"], "must be >= 1"),
        (["-d", "inf"], "--size=inf must be a finite number"),
        (["-d", "nan"], "--size=nan must be a finite number"),
        (["--limit", "nan"], "limit=nan must be > 0"),
        (["--threads", "0"], "threads=0"),
    ],
)
def test_wrong_options_are_refused_with_the_remedy(wrong, message):
    with pytest.raises(SystemExit, match=f"^error: .*{message}"):
        bench.main(["aggregators", *wrong])


def test_steps_must_be_positive():
    with pytest.raises(SystemExit, match="repeat=0 must be >= 1"):
        bench.main(["detection", "--repeat", "0"])


@pytest.mark.parametrize("option", ["runs", "cases", "steps"])
def test_silent_data_corruption_needs_runs_cases_and_steps(option):
    with pytest.raises(SystemExit, match=f"^error: --{option}=0 must be a whole number >= 1; use"):
        bench.main(["sdc", f"--{option}", "0"])


def test_silent_data_corruption_prints_its_table_the_price_and_what_is_predicted(
    capsys, monkeypatch
):
    monkeypatch.setattr(bench, "sdc_table", lambda *numbers: f"table of {numbers}")
    bench.main(["sdc", "--runs", "3"])
    printed = capsys.readouterr().out
    assert "table of (3, 12, 120)" in printed
    assert "replay of every step 2" in printed
    assert "t=14 0.51" in printed


def test_the_limit_of_a_detection_is_a_time():
    with pytest.raises(SystemExit, match="limit=nan must be >= 0 seconds"):
        bench.main(["detection", "--limit", "nan"])


def test_a_missing_networkx_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(SystemExit, match=r"pip install -e \.\[bench\]"):
        bench.main(["detection"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--workers", "5"], "--workers 5 must be a multiple of --ranks 2"),
        (["--rows", "probe:0.3"], "the share must be 1, 1/2, 1/3"),
        (["--batch", "30"], "batch=30 must be a multiple of"),
        (["--model", "vit"], "--model vit must be one of"),
        (["--png", "price.txt"], "must end in a format of images"),
        (["--csv", "nowhere/price.csv"], "there is no folder"),
    ],
)
def test_a_wrong_price_table_is_refused_before_ranks_start(wrong, message, monkeypatch):
    monkeypatch.setattr(step, "start_ranks", lambda *given: pytest.fail("started"))
    with pytest.raises(SystemExit, match=f"^error: .*{message}"):
        bench.main(["step", "--rows", "ddp", *wrong])


def test_predict_fits_stored_files_and_says_what_follows(capsys, tmp_path):
    names = ("ddp", "none", "digest", "unprobed", "probe:1", "probe:0.5")
    files = [
        write_lines(
            tmp_path / f"{batch}.csv",
            *({"row": name, "seconds": batch * 1e-3, "batch": batch} for name in names),
        )
        for batch in (32, 64, 96)
    ]
    first = [str(path) for path in files]
    bench.main(["predict", "--csv", *first, "--gpus", "8", "--parameters", "1e8"])
    printed = capsys.readouterr().out
    assert "fitted on 12 points, cpu" in printed
    assert "points that were held out are within 20%" in printed
    assert "Extrapolated, nothing of it measured" in printed


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--flops", "-1"], "--flops -1 must be a finite number > 0"),
        (["--gpus", "0"], "--gpus 0 must be a finite number >= 1"),
        (["--rows", "ddp"], "--rows ddp has no server"),
        (["--copies", "0"], "--copies=0 must be a whole number >= 1"),
        (["--csv", "nowhere.csv"], "--csv nowhere.csv: cannot be read"),
        (["--judge", "nowhere.csv"], "name those to fit too, after --csv"),
        (["--keep", "nowhere"], "--keep nowhere is no folder"),
    ],
)
def test_a_wrong_prediction_is_refused_before_anything_is_measured(wrong, message, monkeypatch):
    monkeypatch.setattr(step, "start_ranks", lambda *given: pytest.fail("started"))
    with pytest.raises(SystemExit, match=f"^error: .*{message}"):
        bench.main(["predict", *wrong])


def test_too_few_points_are_refused(tmp_path):
    path = write_lines(tmp_path / "few.csv", {"row": "ddp", "seconds": 1.0})
    with pytest.raises(SystemExit, match=r"^error: too few points to fit: 1 for 6 constants"):
        bench.main(["predict", "--csv", str(path)])


def test_what_predict_measures_is_a_setting_of_the_price_table(monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(bench, "measure", lambda setting, *rest: made.append(setting) or [])
    monkeypatch.setattr(run, "read_points", lambda paths: [])
    with pytest.raises(SystemExit, match="too few points to fit: 0"):
        bench.main(["predict", "--keep", str(tmp_path)])
    assert {setting.model for setting in made} == {"gpt", "small_cnn"}
    assert {setting.workers for setting in made} == {4, 6}
    assert len(list(tmp_path.glob("*.csv"))) == len(made)


def test_rows_prints_a_line_a_way(capsys):
    words = ["rows", "--model", "small_cnn", "--tasks", "4", "--chunk", "2", "4", "--repeat", "1"]
    bench.main([*words, "--threads", "1", "--device", "cpu"])
    printed = capsys.readouterr().out
    assert printed.count("batched") == printed.count("plain  ") == 2
    assert "rows of tasks on cpu, least of 1 calls, wall time" in printed


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--model", "vit"], "--model vit must be one of"),
        (["--chunk", "64"], "--chunk 64 must be from 2 to --tasks 16"),
        (["--samples", "0"], "--samples 0 must be >= 1"),
        (["--repeat", "0"], "--repeat 0 must be >= 1"),
        (["--threads", "0"], "--threads=0 must be a whole number"),
    ],
)
def test_wrong_rows_are_refused(wrong, message):
    with pytest.raises(SystemExit, match=f"^error: .*{message}"):
        bench.main(["rows", "--model", "small_cnn", *wrong])


def test_rows_that_do_not_fit_are_refused_with_what_they_take(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    with pytest.raises(SystemExit, match="16 rows of 9850 parameters in chunks of 4 take"):
        bench.main(["rows", "--model", "small_cnn"])
