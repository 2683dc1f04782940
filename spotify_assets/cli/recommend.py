"""The command that says what a listener may want to hear: recommend."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, table_of
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

app = typer.Typer()
_FORMATS = (".m3u8", ".csv")


@app.command()
@says_what_is_wrong
def recommend(
    user: Annotated[
        str | None, typer.Option(help="The listener; may be left out where there is only one.")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Only tracks that the listener never played.")] = False,
    like: Annotated[
        str | None, typer.Option(help="What sounds like this track: its Spotify id, URI or name.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=30, help="How many tracks.")] = 20,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A playlist to write: .m3u8, or .csv of URIs.")
    ] = None,
) -> None:
    """What a listener is likely to play next, or new tracks they may like, each with the reason."""
    from spotify_assets.figures.recommended import recommended  # noqa: PLC0415
    from spotify_assets.lake.exclusions import read_exclusions  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    if output and output.suffix.lower() not in _FORMATS:
        raise ValueError(f"{output}: give the playlist a name in {' or '.join(_FORMATS)}")
    settings = Settings()
    rules = read_exclusions(settings.exclusions_path)
    found = recommended(published_copy(settings), user, new=new, like=like, rules=rules, limit=limit)
    if output:
        _write(found, output)
        out.print(f"{output}: {found.height} tracks", soft_wrap=True, highlight=False)
        return
    asked = f"like {like}" if like else "new" if new else "next"
    columns = ["rank", "track_name", "artist_name", "reason"]
    out.print(table_of(found.select(columns), f"What to play: {asked}", lambda value: str(value or "–")))


def _write(found: "pl.DataFrame", path: Path) -> None:
    """Write a playlist in one step, as its name says."""
    from spotify_assets.report.playlists import m3u8, playable  # noqa: PLC0415
    from spotify_assets.warehouse.spreadsheets import harmless  # noqa: PLC0415
    from spotify_assets.whole_files import replaced  # noqa: PLC0415

    tracks = playable(found)
    with replaced(path) as whole:
        if path.suffix.lower() == ".csv":
            harmless(tracks.with_columns(found["reason"])).write_csv(whole)
        else:
            whole.write_text(m3u8(tracks), encoding="utf-8")
