"""Distributed training on torch.distributed for clusters in which some machines lie."""

__version__ = "0.2.0"
