"""Folders of runs, as they leave them."""

import json
import os

import pytest
import yaml
from omegaconf import OmegaConf

from robusttrain.analysis.score import Scorer

TARGET = {
    "detector": "robusttrain.defense.detector.cover.Cover",
    "attack": "robusttrain.threat.attack.alie.Alie",
}


@pytest.fixture
def run(tmp_path):
    """run(name, overrides, results) leaves a run's folder behind."""
    count = iter(range(100))

    def leave(name: str, overrides: dict | None = None, **results) -> None:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        config = {
            "run": {"label": "plain", "name": name},
            **{"workers": 15, "permute": False, "seed": 0, "batch": 30, "steps": 100},
            "threat": {"byzantine": 3, "knowledge": "own"},
            "defense": {"byzantine": 3, "evict": False},
            "preaggregator": {
                "bucketing": {"_target_": "robusttrain.defense.preaggregator.bucketing.Bucketing"}
            },
            **{stage: {"_target_": target} for stage, target in TARGET.items()},
        } | {"data": {"_target_": "x.data.digits.Digits"}, "model": {"_target_": "x.cnn.make"}}
        for stage in ("assignment", "vote", "aggregator", "placement", "target"):
            config[stage] = {"_target_": f"robusttrain.{stage}.usual.Usual"}
        summary = Scorer(None, 7).summary() | {
            **{"test_accuracy": 0.98765, "finished": True, "steps": 100}
        }
        path = folder / "config.yaml"
        path.write_text(yaml.safe_dump(OmegaConf.to_container(
            OmegaConf.merge(config, overrides or {}))))  # fmt: skip
        (folder / "summary.json").write_text(json.dumps(summary | results))
        os.utime(path, (next(count),) * 2)

    return leave
