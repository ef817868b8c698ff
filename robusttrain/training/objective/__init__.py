"""Objectives: the loss whose gradient a task is."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
