"""Both ends of TLS connections over loopback, for tests."""

from robusttrain.benchmark.links import contexts, identity, raw_pair, tls_pair

__all__ = ["contexts", "identity", "raw_pair", "tls_pair"]
