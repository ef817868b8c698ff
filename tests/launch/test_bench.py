"""The command line of the benchmark: what it prints and what it refuses."""

import importlib.util
import sys

import pytest
from support import ROOT

from robusttrain.study.price import step

SPEC = importlib.util.spec_from_file_location("bench", ROOT / "launch" / "bench.py")
bench = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bench)


def test_detection_prints_its_table_and_what_it_means(capsys):
    bench.main(["detection", "--workers", "9", "--repeat", "1", "--limit", "7"])
    printed = capsys.readouterr().out
    assert printed.count("│ subset") == 4
    assert "stopped after 7 s" in printed


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
