"""Monitor that logs to Weights & Biases: configuration, metrics and summary of the run."""

from pathlib import Path
from typing import Any, Literal

from robusttrain.monitor.base import Monitor, Record


class Wandb(Monitor):
    """One wandb run. Lists in a step's record are logged as their lengths.

    project: str. The project at wandb.
    mode: `online` or `offline`.
    folder: Path. The run's folder; the wandb run gets its name; the same one where a run goes on.
    config: dict. The configuration of the run.
    """

    def __init__(
        self, project: str, mode: Literal["online", "offline"], folder: Path, config: dict[str, Any]
    ) -> None:
        import wandb

        kept = folder / "wandb-id"
        known = kept.read_text() if kept.exists() else None
        self.run = wandb.init(
            project=project, mode=mode, name=folder.name, dir=folder, config=config, id=known,
            resume="allow" if known else None,
        )  # fmt: skip
        kept.write_text(self.run.id)

    def step(self, record: Record) -> None:
        numbers = {k: len(v) if isinstance(v, list) else v for k, v in record.items()}
        self.run.log(numbers, step=record["step"])

    def evaluation(self, record: Record) -> None:
        self.run.log(record, step=record["step"])

    def end(self, summary: Record) -> None:
        self.run.summary.update(summary)
        self.run.finish(exit_code=0 if summary["finished"] else 1)
