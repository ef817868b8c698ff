"""Augmentations of a task's samples."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
