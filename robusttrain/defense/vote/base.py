"""Votes: choose which copy of each task is believed, and from whom it is pulled."""

from abc import ABC, abstractmethod

from robusttrain.types import Claims, Sources, Verdict


class Vote(ABC):
    """Chooses one holder per task."""

    @abstractmethod
    def choose(self, claims: Claims, verdict: Verdict) -> Sources:
        """A trusted holder for each task, or `DROPPED`: the task does not count in this step."""
