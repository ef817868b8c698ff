"""metrics.jsonl: a line per record, on disk at once."""

import json

import pytest

from robusttrain.monitor.jsonl import Jsonl


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_record_is_a_line_on_disk_as_soon_as_it_is_written(tmp_path):
    path = tmp_path / "metrics.jsonl"
    monitor = Jsonl(path)
    monitor.step({"step": 0, "convicted": [2]})
    assert lines(path) == [{"kind": "step", "step": 0, "convicted": [2]}]
    monitor.evaluation({"step": 1, "test_accuracy": 0.5})
    assert lines(path)[1:] == [{"kind": "evaluation", "step": 1, "test_accuracy": 0.5}]
    monitor.end({"finished": True})
    assert len(lines(path)) == 2
    with pytest.raises(ValueError, match="closed"):
        monitor.step({"step": 1})


def test_lines_that_are_there_stay(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"kind": "step", "step": 0}\n')
    monitor = Jsonl(path)
    monitor.step({"step": 1})
    monitor.end({})
    assert [line["step"] for line in lines(path)] == [0, 1]
