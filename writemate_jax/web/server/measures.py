"""What /metrics shows."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 60)


class Measures:
    """The numbers of one process; each has a registry of its own, so that several can live in one."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "writemate_requests", "Requests that were answered", ("route", "method", "status"), registry=registry
        )
        self.seconds = Histogram(
            "writemate_request_seconds", "Time until an answer was whole", ("route",), buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.refused = Counter("writemate_refused", "Requests turned away", ("why",), registry=registry)
        self.waiting = Gauge("writemate_waiting", "Lines (candidates counted) that wait for a lane", registry=registry)
        self.lanes = Histogram(
            "writemate_lanes_busy", "Lanes with a line in them, at each move of the lanes",
            buckets=(1, 2, 4, 8, 16, 32, 48, 64, 128, 256), registry=registry,
        )  # fmt: skip
        self.lines = Counter("writemate_lines", "Lines that were answered", registry=registry)
        self.points = Counter("writemate_points", "Points drawn, also of candidates not kept", registry=registry)
        self.fits = Counter("writemate_fits", "Hands that were fitted", registry=registry)
        self.fit_seconds = Histogram(
            "writemate_fit_seconds", "Time that fitting a hand took", buckets=SECONDS, registry=registry
        )

    def text(self) -> bytes:
        """In Prometheus' format."""
        return generate_latest(self._registry)
