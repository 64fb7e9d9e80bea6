"""How often each client may ask: a token bucket each, in memory."""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable

CLIENTS = 20_000  # that are remembered; the one longest not seen is forgotten first


class RateLimit:
    """Lets each client take `burst` tokens at once and `rate` a second in the long run.

    >>> now = [0.0]
    >>> limit = RateLimit(rate=2, burst=1, clock=lambda: now[0])
    >>> limit.wait("a"), limit.wait("a"), limit.wait("b")
    (0, 1, 0)
    >>> now[0] = 0.5
    >>> limit.wait("a")
    0
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._clock = rate, burst, clock
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def wait(self, client: str, cost: float = 1.0, before: float = 0.0) -> int:
        """0 after taking the tokens; or the whole seconds until there are enough, and nothing is taken.

        before: tokens that who tries again pays before these.
        """
        if not self._rate:
            return 0
        now = self._clock()
        tokens, then = self._clients.pop(client, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - then) * self._rate)
        cost = min(cost, self._burst)
        enough = tokens >= cost
        self._clients[client] = (tokens - cost if enough else tokens, now)
        if len(self._clients) > CLIENTS:
            self._clients.popitem(last=False)
        return 0 if enough else max(1, math.ceil((before + cost - tokens) / self._rate))


def network_of(address: str) -> str:
    """What a client with this address cannot leave: the /64 of IPv6, of which it has every address, or its IPv4.

    Some proxies write the port behind it, which is another one for each connection.

    >>> network_of("2001:db8::1"), network_of("::ffff:192.0.2.1"), network_of("192.0.2.1"), network_of("unknown")
    ('2001:db8::/64', '192.0.2.1', '192.0.2.1', 'unknown')
    >>> network_of("192.0.2.1:4711"), network_of("[2001:db8::1]:4711"), network_of("[2001:db8::1]")
    ('192.0.2.1', '2001:db8::/64', '2001:db8::/64')
    """
    parsed = address_of(address)
    if parsed is None:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((int(parsed), 64), strict=False))


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is, with a port behind it or without; None for what is none."""
    with_port = re.fullmatch(r"\[(.*)\](?::\d+)?|([\d.]+):\d+", text)
    try:
        return ipaddress.ip_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return None
