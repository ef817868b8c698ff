"""Uses of parameters, one file a kind of layer, with the gradients of each task."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
