"""What a consumer did, as Prometheus text on a port of loopback."""

from prometheus_client import CollectorRegistry, Gauge, start_http_server

from spotify_assets.stream.consumer import Progress

HOST = "127.0.0.1"


class Metrics:
    """Gauges that follow a consumer's progress."""

    def __init__(self, port: int) -> None:
        """Serve `http://127.0.0.1:<port>/metrics` until the process ends.

        Raises:
            OSError: the port is taken.
        """
        registry = CollectorRegistry()

        def gauge(name: str, words: str, *labels: str) -> Gauge:
            return Gauge(f"spotify_stream_{name}", words, labels, registry=registry)

        self._rows = gauge("rows", "Messages written to the lake by this consumer.")
        self._refused = gauge("refused_rows", "Messages of these that are no event.")
        self._batches = gauge("batches", "Batches written to the lake by this consumer.")
        self._lost = gauge("lost_rows", "Messages that retention deleted before they were read.")
        self._newest = gauge("newest_event_seconds", "When the newest event ended, since 1970.")
        self._lag = gauge("lag_rows", "Messages of the topic that the lake has not.", "partition")
        self._failing = gauge("lake_failing", "1 while the lake cannot be written to.")
        start_http_server(port, addr=HOST, registry=registry)

    def follow(self, progress: Progress) -> None:
        """Show what a consumer did until now."""
        self._rows.set(progress.rows)
        self._refused.set(progress.refused)
        self._batches.set(progress.batches)
        self._lost.set(progress.lost)
        if progress.newest is not None:
            self._newest.set(progress.newest / 1000)
        for partition, lag in progress.lags.items():
            self._lag.labels(partition).set(lag)
        self._failing.set(progress.problem is not None)
