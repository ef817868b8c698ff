"""Addresses: host and port, or the rule and an example."""

import pytest

from robusttrain.comm.address import address_of


@pytest.mark.parametrize("text", ["", "host", "host:", ":80", "host:x", "host:0", "host:65536"])
def test_an_address_is_host_and_port(text):
    with pytest.raises(ValueError, match=f"cluster.server={text} must be host:port"):
        address_of(text)
