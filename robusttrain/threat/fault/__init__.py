"""Faults: what goes wrong with a worker or its rank."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
