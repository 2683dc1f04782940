"""Open-Meteo's archive of hourly weather and its search for towns (open-meteo.com, no key; CC BY 4.0).

The archive's contract: `GET /v1/archive` with `latitude`, `longitude`, `start_date`, `end_date`, `hourly` and
`timezone`; the answer has `hourly.time` and a list for each variable, null for hours that it does not have
yet, and an error is `{"error": true, "reason": …}`. After a 429 or 5xx the client waits, each time longer,
and gives up after `ATTEMPTS`.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

ATTEMPTS = 4
TIMEOUT_SECONDS = 30
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 2.0, 60.0
VARIABLES = {"temperature_2m": "temperature_c", "precipitation": "rain_mm", "cloud_cover": "cloud_cover"}
"""Names of the archive, and of our columns."""
HOURS = pl.Schema(
    {
        "hour": pl.Datetime("us"),
        "temperature_c": pl.Float64(),
        "rain_mm": pl.Float64(),
        "cloud_cover": pl.Float64(),
    }
)
_AGENT = "spotify-assets (weather beside a listening history)"


@dataclass(frozen=True)
class OpenMeteo:
    """A client of the archive and the search at their addresses; `wait` sleeps so many seconds."""

    archive_url: str
    geocoding_url: str
    wait: Callable[[float], None] = time.sleep

    def hours(self, latitude: float, longitude: float, first: date, last: date) -> pl.DataFrame:
        """The weather of a place from `first` to `last`, both included.

        One row per hour: `HOURS`, null where the archive has nothing.

        Raises:
            ConnectionError: nobody answers, or asks to wait again and again.
            RuntimeError: the archive refuses, or answers something else.
        """
        answer = self._ask(
            f"{self.archive_url.rstrip('/')}/v1/archive",
            {
                "latitude": latitude,
                "longitude": longitude,
                "start_date": first.isoformat(),
                "end_date": last.isoformat(),
                "hourly": ",".join(VARIABLES),
                "timezone": "GMT",
            },
        )
        try:
            hourly = answer["hourly"]
            columns = {name: hourly[asked] for asked, name in VARIABLES.items()}
            made = pl.DataFrame({"hour": hourly["time"], **columns}, strict=False)
            return made.with_columns(pl.col("hour").str.to_datetime("%Y-%m-%dT%H:%M")).cast(dict(HOURS))
        except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
            raise RuntimeError(f"{self.archive_url} answered no hourly weather ({error})") from None

    def town(self, name: str) -> dict[str, Any]:
        """The largest town of a name: `name`, `country_code`, `latitude`, `longitude`.

        Raises:
            ValueError: there is none.
            ConnectionError: nobody answers.
        """
        address = f"{self.geocoding_url.rstrip('/')}/v1/search"
        found = self._ask(address, {"name": name, "count": 1, "language": "en", "format": "json"})
        towns = found.get("results") or []
        if not towns:
            raise ValueError(
                f"no town is called {name}: write latitude and longitude into the file of places"
            )
        return {key: towns[0][key] for key in ("name", "country_code", "latitude", "longitude")}

    def _ask(self, address: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        url = f"{address}?{urllib.parse.urlencode(parameters)}"
        request = urllib.request.Request(url, headers={"User-Agent": _AGENT})  # noqa: S310
        pause = FIRST_WAIT_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                    content = json.load(answer)
                if not isinstance(content, dict):
                    raise RuntimeError(f"{address} answered no object")
                return content
            except urllib.error.HTTPError as error:
                if error.code != 429 and error.code < 500:
                    raise RuntimeError(f"{address} refuses ({error.code}): {_reason(error)}") from None
                why, asked = f"{error.code}: {_reason(error)}", error.headers.get("Retry-After", "")
            except (urllib.error.URLError, TimeoutError, json.JSONDecodeError) as error:
                why, asked = str(error), ""
            if attempt < ATTEMPTS:
                self.wait(min(max(pause, float(asked) if asked.isdigit() else 0.0), LONGEST_WAIT_SECONDS))
                pause *= 4
        raise ConnectionError(
            f"{address} gave no answer in {ATTEMPTS} attempts ({why}): what came before is kept, so give the "
            "command again later"
        )


def _reason(error: urllib.error.HTTPError) -> str:
    """What an error's answer says."""
    try:
        return str(json.load(error)["reason"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)
