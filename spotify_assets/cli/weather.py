"""Commands about the weather: weather with declare and list."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich import box

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, table_of
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

app = typer.Typer()
weather_app = typer.Typer(
    help="Where listeners are, and how their listening goes with the weather.", no_args_is_help=True
)
app.add_typer(weather_app, name="weather")

_NEXT = (
    "Its weather comes with the next run: spotify-assets materialize --select 'key:\"core/weather_hours\"+'"
)


@weather_app.command()
@says_what_is_wrong
def declare(
    user: Annotated[str, typer.Option(help="The listener's pseudonym.")],
    city: Annotated[str | None, typer.Option(help="A town; Open-Meteo's search says where it is.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Two letters: the main town of a whole country.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Remove what was declared.")] = False,
) -> None:
    """Say where a listener is, so that the weather there is fetched; before that nobody is asked for any."""
    from spotify_assets.weather.declared import declare as write  # noqa: PLC0415
    from spotify_assets.weather.declared import forget_place  # noqa: PLC0415
    from spotify_assets.weather.open_meteo import OpenMeteo  # noqa: PLC0415

    settings = Settings()
    if [city is not None, country is not None, forget].count(True) != 1:
        raise ValueError("give one of --city, --country and --forget")
    if forget:
        gone = forget_place(settings.places_path, user)
        out.print(f"{user}'s place is forgotten." if gone else f"{user} has declared no place.")
        return
    if city is not None:
        found = OpenMeteo(settings.weather_url, settings.geocoding_url).town(city)
        where = {name: round(float(found[name]), 2) for name in ("latitude", "longitude")}
        place = write(settings.places_path, user, city=found["name"], **where)
    else:
        place = write(settings.places_path, user, country=str(country).upper())
    out.print(f"{user} is in {place.name} ({place.place_id}). {_NEXT}", soft_wrap=True)


@weather_app.command("list")
@says_what_is_wrong
def list_() -> None:
    """The declared places, and what was found about listening there, from the published copy."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.tables import WEATHER_EFFECTS  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.errors import WarehouseMissingError  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415
    from spotify_assets.weather.declared import read_places  # noqa: PLC0415

    settings = Settings()
    declared = read_places(settings.places_path)
    if not declared:
        out.print("Nobody has declared a place: spotify-assets weather declare --user me --city Hamburg")
        return
    for place in declared:
        out.print(f"{place.user_id}: {place.name} ({place.place_id})")
    try:
        answers = TableReader(published_copy(settings), WEATHER_EFFECTS).read()
    except WarehouseMissingError:
        answers = WEATHER_EFFECTS.empty()
    known = answers.filter(pl.col("estimate").is_not_null())
    if known.is_empty():
        out.print("There is too little listening beside its weather to compare yet.")
        return
    _print(known.sort("user_id", "adjusted_p_value"))
    out.print(
        f"{answers['is_positive'].sum()} of {known.height} answers are more than chance, adjusted for their "
        "number (Benjamini and Hochberg, 0.05).",
        soft_wrap=True,
    )


def _print(answers: "pl.DataFrame") -> None:
    import polars as pl  # noqa: PLC0415

    shown = answers.select(
        "condition",
        "measure",
        "compares",
        pl.when("is_positive").then(pl.lit("yes")).otherwise(pl.lit("")).alias("found"),
        "mean",
        pl.col("estimate").alias("difference"),
        pl.col("ci_low").alias("from"),
        pl.col("ci_high").alias("to"),
        pl.col("adjusted_p_value").alias("adjusted p"),
        listener="user_id",
    )
    out.print(table_of(shown, "Listening and the weather", _cell, box=box.SIMPLE_HEAD))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 1 else f"{value:,.2f}"
    return "–" if value is None else str(value)
