"""Agreements: how the copies of a task are compared."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
