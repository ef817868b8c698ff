"""An offline run of wandb, from the file that it leaves."""

import json
import struct

import wandb
from wandb.proto.wandb_internal_pb2 import Record

from robusttrain.monitor.wandb import Wandb


def records(path):
    """The protobuf records of a .wandb file: LevelDB's log format behind a 7-byte header."""
    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
        _, size, kind = struct.unpack_from("<IHB", data, at)
        whole += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):
            yield Record.FromString(whole)
            whole = b""


def values(items) -> dict:
    return {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in items}


def test_an_offline_run_holds_configuration_metrics_and_summary(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "true")
    folder = tmp_path / "named"
    folder.mkdir()
    monitor = Wandb("a project", "offline", folder, {"workers": 5})
    monitor.step({"step": 0, "distorted_fraction": 0.25, "convicted": [1, 4]})
    monitor.step({"step": 1, "distorted_fraction": 0.5, "convicted": []})
    monitor.evaluation({"step": 2, "test_accuracy": 0.75})
    monitor.end({"finished": True, "precision": 0.875})
    wandb.teardown()  # the process that writes the file has ended
    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    history, summary, config, names, codes = [], {}, {}, set(), []
    for record in records(path):
        if record.history.item:
            history.append(values(record.history.item))
        summary |= values(record.summary.update)
        config |= values(record.run.config.update)
        if record.HasField("run"):
            names.add((record.run.project, record.run.display_name))
        if record.HasField("exit"):
            codes.append(record.exit.exit_code)
    shown = [{k: v for k, v in line.items() if not k.startswith("_")} for line in history]
    assert shown == [
        {"step": 0, "distorted_fraction": 0.25, "convicted": 2},
        {"step": 1, "distorted_fraction": 0.5, "convicted": 0},
        {"step": 2, "test_accuracy": 0.75},
    ]
    assert [line["_step"] for line in history] == [0, 1, 2]
    assert (summary["finished"], summary["precision"]) == (True, 0.875)
    assert config["workers"] == 5
    assert names == {("a project", "named")}
    again = Wandb("a project", "offline", folder, {})
    again.end({"finished": True})
    wandb.teardown()
    assert again.run.id == monitor.run.id == (folder / "wandb-id").read_text()
    assert len(list(folder.glob(f"wandb/offline-run-*-{again.run.id}"))) in (1, 2)
    assert codes == [0]
