"""Where the sun stands: the formulas of NOAA's Solar Calculator (gml.noaa.gov/grad/solcalc), after
J. Meeus, Astronomical Algorithms. They are within a minute or two of sunrise between the polar circles.
"""

import math

import polars as pl

RISEN = -0.833
"""Degrees above the horizon at which the sun's upper edge is seen, with the usual refraction."""
_J2000_MS = 946_728_000_000
"""2000-01-01 12:00 UTC in milliseconds since 1970."""
_CENTURY_MS = 36_525 * 86_400_000
_DAY_MINUTES = 1_440


def elevation(moment: pl.Expr, latitude: pl.Expr, longitude: pl.Expr) -> pl.Expr:
    """Degrees of the sun's centre above the horizon at UTC moments; north and east are positive."""
    century = (moment.dt.epoch("ms") - _J2000_MS) / _CENTURY_MS
    mean_longitude = (280.46646 + century * (36_000.76983 + century * 0.0003032)) % 360
    anomaly = (357.52911 + century * (35_999.05029 - century * 0.0001537)).radians()
    centre = (
        anomaly.sin() * (1.914602 - century * (0.004817 + century * 0.000014))
        + (2 * anomaly).sin() * (0.019993 - century * 0.000101)
        + (3 * anomaly).sin() * 0.000289
    )
    node = (125.04 - 1_934.136 * century).radians()
    apparent = (mean_longitude + centre - 0.00569 - 0.00478 * node.sin()).radians()
    obliquity = (23.439291 - century * 0.0130042 + 0.00256 * node.cos()).radians()
    declination = (obliquity.sin() * apparent.sin()).arcsin()
    eccentricity = 0.016708634 - century * (0.000042037 + century * 0.0000001267)
    y = (obliquity / 2).tan() ** 2
    twice = (2 * mean_longitude).radians()
    # The equation of time, in minutes: what the sun is ahead of the clock.
    ahead = (
        y * twice.sin()
        - 2 * eccentricity * anomaly.sin()
        + 4 * eccentricity * y * anomaly.sin() * twice.cos()
        - 0.5 * y**2 * (2 * twice).sin()
        - 1.25 * eccentricity**2 * (2 * anomaly).sin()
    ) * (4 * 180 / math.pi)
    minutes = (moment.dt.epoch("ms") % 86_400_000 / 60_000 + ahead + 4 * longitude) % _DAY_MINUTES
    hour_angle = minutes / 4 - 180
    height = latitude.radians()
    sine = height.sin() * declination.sin() + height.cos() * declination.cos() * hour_angle.radians().cos()
    return sine.clip(-1, 1).arcsin().degrees()


def is_day(moment: pl.Expr, latitude: pl.Expr, longitude: pl.Expr) -> pl.Expr:
    """Whether the sun is up."""
    return elevation(moment, latitude, longitude) > RISEN
