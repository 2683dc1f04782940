"""Open-Meteo's archive and search on loopback, by the contract that they document.

Weather is a function of place and hour. The server counts what it is asked for, and fails as it is told.
"""

import json
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOWNS = {
    "Hamburg": {"name": "Hamburg", "country_code": "DE", "latitude": 53.55073, "longitude": 9.99302},
    "Sydney": {"name": "Sydney", "country_code": "AU", "latitude": -33.86785, "longitude": 151.20732},
}


@dataclass
class Server:
    """A running server: its address, the days it was asked for, by place, and how it fails next."""

    url: str
    asked: list[tuple[str, date, date]] = field(default_factory=list)
    requests: int = 0
    failing: list[tuple[int, str | None]] = field(default_factory=list)
    """Status and Retry-After of the next answers."""
    known_until: date = date.max
    """Last day that the archive has whole; of the next it has the morning."""


def weather(moment: datetime, latitude: float) -> tuple[float, float, float]:
    """Temperature, rain and clouds of an hour: wet on two days of five, warm in summer."""
    day = moment.date().toordinal()
    season = math.cos((moment.timetuple().tm_yday - 200) / 365 * 2 * math.pi) * (1 if latitude >= 0 else -1)
    warmth = 10 + 10 * season + 4 * math.cos((moment.hour - 15) / 24 * 2 * math.pi) + 3 * math.sin(day * 1.7)
    wet = (day * 7) % 5 < 2
    return round(warmth, 1), 0.4 if wet else 0.0, 90.0 if wet else 20.0


@contextmanager
def open_meteo() -> Iterator[Server]:
    """The server while the context lasts."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            server.requests += 1
            if server.failing:
                status, retry_after = server.failing.pop(0)
                self._answer(
                    status, {"error": True, "reason": "Minutely API request limit exceeded."}, retry_after
                )
            elif address.path == "/v1/search":
                found = TOWNS.get(asked["name"])
                self._answer(200, {"generationtime_ms": 0.1} | ({"results": [found]} if found else {}))
            elif address.path == "/v1/archive":
                self._answer(*_archive(server, asked))
            else:
                self._answer(404, {"error": True, "reason": "Not Found"})

        def _answer(self, status: int, content: object, retry_after: str | None = None) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def _archive(server: Server, asked: dict[str, str]) -> tuple[int, object]:
    """The archive's answer: status and content."""
    try:
        latitude, longitude = float(asked["latitude"]), float(asked["longitude"])
        first, last = date.fromisoformat(asked["start_date"]), date.fromisoformat(asked["end_date"])
    except (KeyError, ValueError) as error:
        return 400, {"error": True, "reason": f"Parameter is missing or wrong: {error}"}
    if last < first:
        return 400, {"error": True, "reason": "End-date must be larger or equals than start-date"}
    server.asked.append((f"{latitude:.2f},{longitude:.2f}", first, last))
    hours = [
        datetime.combine(first, datetime.min.time()) + timedelta(hours=n)
        for n in range(24 * ((last - first).days + 1))
    ]
    known = (
        [
            hour < datetime.combine(server.known_until, datetime.min.time()) + timedelta(hours=36)
            for hour in hours
        ]
        if server.known_until < date.max
        else [True] * len(hours)
    )
    told = [
        weather(hour, latitude) if there else (None,) * 3 for hour, there in zip(hours, known, strict=True)
    ]
    names: Sequence[str] = ("temperature_2m", "precipitation", "cloud_cover")
    units = dict(zip(names, ("°C", "mm", "%"), strict=True))
    return 200, {
        "latitude": latitude,
        "longitude": longitude,
        "generationtime_ms": 0.5,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 8.0,
        "hourly_units": {"time": "iso8601"} | {name: units[name] for name in asked["hourly"].split(",")},
        "hourly": {"time": [f"{hour:%Y-%m-%dT%H:%M}" for hour in hours]}
        | {name: [values[names.index(name)] for values in told] for name in asked["hourly"].split(",")},
    }
