"""Loads of the rows of the price table, from their recipes; work is counted by computing once."""

from dataclasses import replace
from functools import cached_property

import torch

from robusttrain.config.recipe import Recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run.assembly import initial, recompute
from robusttrain.study.predict.load import Load
from robusttrain.study.predict.work import Work, counted_work
from robusttrain.study.price.rows import Row, row_of
from robusttrain.study.price.setting import Setting
from robusttrain.training.gradient.sums import Sums

CPU = torch.device("cpu")
POOL = 8  # threads that make fingerprints at most
ONCE, TWICE = 1, 2  # how often the mean and the median read a vector


class Loads:
    """The loads of rows in one setting.

    setting: Setting.
    cores: int. Of the machine that runs all ranks.
    """

    def __init__(self, setting: Setting, cores: int) -> None:
        self.setting, self.cores = setting, cores

    def of(self, name: str) -> Load:
        """The load of a row; ValueError if there is no such row."""
        row, setting = row_of(name), self.setting
        recipe = setting.recipe(row)
        vector = 4.0 * recipe.layout.size
        plain = Load("plain", self._share, vector, setting.ranks, setting.workers)
        if row.kind != "ours":
            hosted = setting.workers // (setting.ranks if row.kind == "ddp" else 1)
            micro = hosted * -(-setting.batch // setting.workers // setting.micro)
            return replace(plain, kind=row.kind, work=self._share.times(hosted), micro=micro)
        if recipe.agreement.probes:
            return self._sums(row, recipe, plain)
        return self._rows(row, recipe, plain)

    def _sums(self, row: Row, recipe: Recipe, plain: Load) -> Load:
        hosted, workers = plain.workers // plain.ranks, plain.workers
        checks = row.passes - 1
        return replace(
            plain, kind="sums", work=self._share.times(hosted), vectors=workers,
            parts=hosted * len(recipe.layout.parcels),
            checks=checks, told=1 / row.every if row.every else 0.0, hashed=checks * hosted,
            compared=workers, ruled=TWICE * workers,
            server_threads=min(POOL, self.cores),
            rank_threads=max(1, min(POOL, self.cores // plain.ranks)),
        )  # fmt: skip

    def _rows(self, row: Row, recipe: Recipe, plain: Load) -> Load:
        plan = recipe.planner(0)
        hosted = max(recipe.hosting(plain.ranks).values(), key=lambda ws: len(plan.held(ws)))
        held, digests = plan.held(hosted), bool(recipe.agreement.width)
        width = min(recipe.objective.chunk, len(held))
        gradients = recompute(recipe, CPU).gradients
        rows, at = torch.empty(len(held), recipe.layout.size), initial(recipe, CPU)
        return replace(
            plain, kind="rows", vectors=plan.tasks, parts=len(recipe.layout.blocks),
            work=counted_work(lambda: gradients.rows(at, plan, held, rows)),
            referee=width / len(held) * recipe.config["audit"]["random"],
            hashed=len(held) * digests, compared=plan.tasks * digests,
            ruled=ONCE * plan.tasks + TWICE * plain.workers * digests,
            server_threads=min(POOL, self.cores),
        )  # fmt: skip

    @cached_property
    def _share(self) -> Work:
        """The pass of one worker over its samples, by micro-batches."""
        recipe = self.setting.recipe(row_of("unprobed"))
        sums = as_engine(Sums, recompute(recipe, CPU).gradients)
        at = initial(recipe, CPU)
        return counted_work(lambda: sums.sum(at, recipe.planner(0), 0, torch.empty_like(at)))
