"""Votes: claims and verdict -> whom each task is pulled from."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
