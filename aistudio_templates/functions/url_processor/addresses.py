"""Which addresses are on the public internet, and which host has which addresses.

The only network access here is the look-up of a host's name.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from failures import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
"""An IP address."""

Resolver = Callable[[str], list[Address]]
"""Returns a host's addresses."""

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The only part of IPv6 that is given out; mapped and translated IPv4 lie outside of it.

Source: https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml
"""

_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
"""Private, shared, loopback, link-local (with the metadata service), multicast, reserved,
documentation, benchmarking and tunnels. Spelled out, for what Python calls private or global
has changed from release to release.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry/
iana-ipv4-special-registry.xhtml
and https://www.iana.org/assignments/iana-ipv6-special-registry/
iana-ipv6-special-registry.xhtml
"""


def is_public(address: Address) -> bool:
    """Return whether ``address`` is one of the public internet."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    special = any(address in network for network in _SPECIAL)
    return not special and address.is_global and not address.is_multicast


def resolve_host(host: str) -> list[Address]:
    """Return the addresses of a host, IPv4 first, each once.

    The system's resolver limits the time of a look-up.

    Args:
        host: A name, or an address in any of the spellings that the system takes.

    Raises:
        FetchError: The name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("the host's name is unknown") from error
    addresses = dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found)
    # A function outside of a VPC has no IPv6.
    return sorted(addresses, key=lambda address: address.version)
