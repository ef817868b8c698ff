"""Pre-aggregators: n vectors -> the m that a rule is given."""

from robusttrain.stages import expose

__getattr__, __dir__ = expose(__name__, __file__)
