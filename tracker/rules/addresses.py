"""Which addresses of the network the tracker calls on somebody's behalf: those of the public Internet only.

The lists are written out: Python's `is_global` has changed between versions, and lets multicast and tunnels through.
Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 3056, 4380, 6052; trust.md, Input.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # CGNAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
# The rest of IPv6: loopback, mapped IPv4, NAT64, unique local, link-local, multicast and what nobody was given.
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")


def is_public(text: str, *, allowed: Collection[Network] = ()) -> bool:
    """Tell whether the address `text` is one of the public Internet, or in one of the `allowed` networks.

    A form that carries another address (mapped, 6to4, NAT64) is refused as such, whatever it carries. What is no
    address is not public.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if any(address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address not in PUBLIC_IPV6):
        return False
    return not any(address in network for network in NOT_PUBLIC)
