"""A recap: a page that asks for nothing, with the numbers of its files, the dashboard and the asset."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import dagster as dg
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner, Result

from spotify_assets.assets.recaps import recap_asset
from spotify_assets.cli import app
from spotify_assets.figures.personal import find_listener
from spotify_assets.report.monthly import remove_recaps
from spotify_assets.report.playlists import playlists
from spotify_assets.report.recap import Asked, recap
from spotify_assets.report.sections import ALL_FIGURES, figures_of
from spotify_assets.report.words import hours_in_words
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseMissingError
from tests.dashboard.pages import open_page, tiles
from tests.dbt.generated import core_tables
from tests.dbt.test_kpis import all_playbacks
from tests.figures.one_listener import BEFORE, BUSIEST, DECLARED, MINUTE, number, theirs
from tests.figures.recount import FEBRUARY

MARCH = (date(2025, 3, 1), date(2025, 3, 31))
ARGUMENTS = ("--from", str(FEBRUARY.first), "--to", str(FEBRUARY.last), "--compare-with", str(BEFORE))
VOID = {"meta", "link", "br", "img", "input", "hr"}


@pytest.fixture
def serving(published: Path) -> Database:
    return Database(Settings(data_dir=published, _env_file=None).serving_path)


@pytest.fixture(scope="module")
def written(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a recap."""
    serving = Database(Settings(data_dir=published, _env_file=None).serving_path)
    page = tmp_path_factory.mktemp("recap") / "mine" / "recap.html"
    days = FEBRUARY.first, FEBRUARY.last
    return recap(serving, page, Asked(BUSIEST, *days, compared=BEFORE)).page


class Page(HTMLParser):
    """What a browser would see of a page: its text, what it refers to, and whether its tags are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.refers: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster") and value:
                self.refers.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(word for word in self.words if word)


def sections_of(page: Path) -> set[str]:
    return set(re.findall(r'<section id="([^"]+)"', page.read_text(encoding="utf-8")))


def test_the_page_asks_for_nothing(written):
    html = written.read_text(encoding="utf-8")
    page = Page(html)

    assert page.open == []
    assert [one for one in page.refers if not one.startswith("#")] == []
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    assert set(re.findall(r"https?://[^\"' <]+", html)) == {"http://www.w3.org/2000/svg"}
    assert len(html) < 1_000_000


def test_ids_are_unique_and_references_in_drawings_lead_to_them(written):
    html = written.read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_drawings_are_xml_with_a_name_and_say_what_a_pointer_would(written):
    drawings = re.findall(r"<svg.*?</svg>", written.read_text(encoding="utf-8"), re.DOTALL)
    assert len(drawings) >= 16
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("aria-label")
    assert "<title>Weekday: Mon; Hour: 0; Minutes listened:" in "".join(drawings)


def test_the_figures_at_the_top_are_counted_from_playbacks(written):
    text = Page(written.read_text(encoding="utf-8")).text
    rows, everything = theirs(BUSIEST, FEBRUARY), theirs(BUSIEST, FEBRUARY, all_playbacks())

    assert f"{rows['is_stream'].sum():,} streams" in text
    assert f"{rows.height:,} plays" in text
    assert f"{number(rows['is_skip'].mean()):.1%} plays skipped" in text
    heard = core_tables()["core.listening_hours"].filter(
        pl.col("user_id") == BUSIEST, pl.col("local_date").is_between(FEBRUARY.first, FEBRUARY.last)
    )
    listened = f"{number(heard['ms_listened'].sum()) / MINUTE / 60:,.1f}"
    played = f"{number(everything['ms_played'].sum()) / MINUTE / 60:,.1f}"
    assert f"{listened} hours on the clock" in text
    assert (f"{played} hours played" in text) == (listened != played)
    before = number(theirs(BUSIEST, BEFORE)["is_stream"].sum())
    assert f"{number(rows['is_stream'].sum()) / before - 1:+.1%}" in text


@pytest.mark.slow
def test_every_number_lies_beside_the_page(written, serving):
    with serving.reader() as connection:
        figures = figures_of(connection, BUSIEST, FEBRUARY, BEFORE)
    data = written.with_name("recap_data")

    names = {figure.name for figure in ALL_FIGURES}
    assert {path.name for path in data.iterdir()} == {
        "figures.csv",
        *(f"{name}.{kind}" for name in names for kind in ("parquet", "csv")),
        *(f"{name}{kind}" for name in playlists(figures) for kind in (".m3u8", "_uris.csv")),
    }
    for name, frame in figures.frames.items():
        assert_frame_equal(pl.read_parquet(data / f"{name}.parquet"), frame)
        assert pl.read_csv(data / f"{name}.csv", infer_schema=False).shape == frame.shape
    assert set(pl.read_csv(data / "figures.csv")["figure"]) == names
    assert written.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_names_of_the_top_are_those_of_the_files(written):
    text = Page(written.read_text(encoding="utf-8")).text
    artists = pl.read_parquet(written.with_name("recap_data") / "artists.parquet")
    for row in artists.filter(pl.col("rank_by_streams") <= 10).iter_rows(named=True):
        assert f"{row['rank_by_streams']} {row['artist_name']} {row['streams']:,}" in text


@pytest.mark.slow
def test_the_same_recap_is_written_again_as_the_same_bytes(written, serving, tmp_path, drawn):
    drawn.clear()
    again = recap(
        serving, tmp_path / "recap.html", Asked(BUSIEST, FEBRUARY.first, FEBRUARY.last, compared=BEFORE)
    )
    assert again.page.read_bytes() == written.read_bytes()
    assert again.picture.read_bytes() == written.with_suffix(".png").read_bytes()


@pytest.mark.slow
def test_the_page_my_listening_has_the_same_numbers(published, written, monkeypatch):
    address = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last), "compare": str(BEFORE)}
    page = open_page("listener", published, monkeypatch, user=BUSIEST, **address)
    totals = pl.read_parquet(written.with_name("recap_data") / "totals.parquet").row(0, named=True)

    assert not page.exception
    found = tiles(page)
    assert found["Hours listened"] == f"{totals['minutes_listened'] / 60:,.1f}"
    for label, name in (("Streams", "streams"), ("Plays", "plays"), ("New tracks streamed", "new_tracks")):
        assert found[label] == f"{totals[name]:,}"
    assert found["Plays skipped"] == f"{totals['skip_rate']:.1%}"


# --- names that people gave, and what the catalogue lacks


@pytest.fixture
def changed(published: Path, tmp_path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Database]]:
    """A copy of the published copy, to be changed."""
    path = tmp_path / "serving.duckdb"
    shutil.copyfile(Settings(data_dir=published, _env_file=None).serving_path, path)
    with duckdb.connect(str(path)) as connection:
        yield connection, Database(path)


@pytest.mark.slow
def test_names_are_text_in_the_page_and_no_formula_in_the_csv(changed, tmp_path):
    connection, serving = changed
    evil = "=1+1</svg><script>alert(1)</script>&amp;"
    connection.execute("update marts.dim_track set primary_artist_name = ?, track_name = ?", [evil, evil])
    connection.close()

    made = recap(serving, tmp_path / "recap.html", Asked(BUSIEST))

    page = Page(made.page.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.open == []
    assert evil in page.text
    csv = pl.read_csv(made.data / "artists.csv")
    assert csv["artist_name"].str.starts_with("'=").all()


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_without_a_catalogue_the_recap_says_so(changed, tmp_path):
    connection, serving = changed
    connection.execute(
        "update marts.dim_track set release_date = null, valence = null, catalogue_track_id = null"
    )
    connection.execute("update marts.bridge_track_genre set genre = 'unknown'")
    connection.close()

    made = recap(serving, tmp_path / "recap.html", Asked(BUSIEST))

    text = Page(made.page.read_text(encoding="utf-8")).text
    assert "Genres, Eras, Moods: the catalogue does not describe what was streamed: import one" in text
    assert text.count("the catalogue does not describe") == 1
    assert {"genres", "eras", "moods"}.isdisjoint(sections_of(made.page))
    assert "100.0% length, release date, genre and audio features are unknown" in text
    assert made.figures["genres"].is_empty()


def test_sections_that_have_data_stand_and_nothing_is_said_of_them(written):
    text = Page(written.read_text(encoding="utf-8")).text
    told = {"genres", "eras", "moods", "shows", "streaks"}
    assert told <= sections_of(written)
    nothing = text.partition("Nothing to show")[2]
    assert not [name for name in ("Genres", "Eras,", "Moods", "Podcasts", "Streaks") if name in nothing]


def test_a_table_is_never_named_in_words(written):
    text = Page(written.read_text(encoding="utf-8")).text
    assert re.findall(r"(?:marts|core|raw|ops|ml|bi)\.\w+", text) == []


# --- podcasts and audiobooks


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_podcasts_have_their_hours_shows_and_share(changed, tmp_path):
    connection, serving = changed
    connection.execute(
        "update marts.fact_listens set content_type = 'audiobook' where user_id = ? and not is_music "
        "and event_id in (select min(event_id) from marts.fact_listens where user_id = ? and not is_music "
        "and local_date between ? and ?)",
        [BUSIEST, BUSIEST, FEBRUARY.first, FEBRUARY.last],
    )
    connection.execute(
        "update marts.fact_listens set track_id = (select min(track_id) from marts.dim_track "
        "where is_in_catalogue) where user_id = ? and not is_music",
        [BUSIEST],
    )
    connection.close()

    made = recap(
        serving, tmp_path / "recap.html", Asked(BUSIEST, FEBRUARY.first, FEBRUARY.last, compared=BEFORE)
    )

    everything = theirs(BUSIEST, FEBRUARY, all_playbacks())
    other = everything.filter(pl.col("content_type") != "music")
    assert other.height > 2
    content = made.figures.of_period("content")
    assert content["minutes_share"].sum() == pytest.approx(1)
    kinds = {row["content_type"]: row for row in content.iter_rows(named=True)}
    assert kinds["audiobook"]["playbacks"] == 1
    assert kinds["podcast"]["playbacks"] == other.height - 1
    both = kinds["podcast"]["minutes"] + kinds["audiobook"]["minutes"]
    assert both == pytest.approx(number(other["ms_played"].sum()) / MINUTE)
    assert both / (number(everything["ms_played"].sum()) / MINUTE) == pytest.approx(
        kinds["podcast"]["minutes_share"] + kinds["audiobook"]["minutes_share"]
    )
    shows = made.figures["shows"]
    assert shows.select("content_type", "titles", "playbacks").rows() == [
        ("podcast", 1, other.height - 1),
        ("audiobook", 1, 1),
    ]
    text = Page(made.page.read_text(encoding="utf-8")).text
    hours = kinds["podcast"]["minutes"] / 60
    assert f"1 episode of 1 podcast for {hours:,.1f} hours on {kinds['podcast']['days']:,} days" in text
    assert "1 chapter of 1 audiobook for" in text
    assert f"Podcasts {hours:,.1f} {kinds['podcast']['minutes_share']:.1%}" in text


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_videos_are_told_by_the_artists_whose_they_are(changed, tmp_path):
    connection, serving = changed
    connection.execute(
        "update marts.fact_listens set content_type = 'video', track_id = (select min(track_id) "
        "from marts.dim_track where is_in_catalogue) where user_id = ? and not is_music",
        [BUSIEST],
    )
    connection.close()

    made = recap(serving, tmp_path / "recap.html", Asked(BUSIEST, FEBRUARY.first, FEBRUARY.last, alone=True))

    [video] = made.figures["shows"].to_dicts()
    text = Page(made.page.read_text(encoding="utf-8")).text
    assert "1 video of 1 artist for" in text
    assert "Top artists of music videos" in text
    assert str(video["show_name"]) in text


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_without_podcasts_one_line_says_so(changed, tmp_path):
    connection, serving = changed
    connection.execute("delete from marts.fact_listens where not is_music")
    connection.close()
    made = recap(serving, tmp_path / "recap.html", Asked(BUSIEST))
    text = Page(made.page.read_text(encoding="utf-8")).text
    assert "Podcasts, audiobooks and videos: none were heard." in text
    assert "shows" not in sections_of(made.page)
    assert made.figures["shows"].is_empty()


# --- what is explained


@pytest.mark.parametrize(
    ("listened", "music", "other", "says"),
    [
        (600, 600, 0, "10.0 hours on the clock."),
        (600, 540, 60, "10.0 hours on the clock, of which 1.0 were no music."),
        (600, 601, 0, "10.0 hours on the clock."),
        (
            540,
            540,
            60,
            "9.0 hours on the clock; 10.0 hours played, of which 1.0 were no music. Played is what",
        ),
        (660, 600, 0, "11.0 hours on the clock; 10.0 hours played. Played is what the sources say of"),
    ],
)
def test_hours_on_the_clock_and_played_are_explained_where_they_differ(listened, music, other, says):
    said = hours_in_words(
        {"minutes_listened": listened, "minutes_played": music, "minutes_of_other_content": other}
    )
    assert said.startswith(says)
    assert ("counts each moment once" in said) == (music + other - listened > 5)


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_discoveries_of_all_time_are_no_copy_of_the_top(serving, tmp_path):
    with serving.reader() as connection:
        known = find_listener(connection, BUSIEST).known
    made = recap(serving, tmp_path / "recap.html", Asked(BUSIEST, known.first, known.last, alone=True))
    text = Page(made.page.read_text(encoding="utf-8")).text

    assert "everything in it is new" in text
    assert "Artists streamed for the first time" not in text
    found = made.figures["discovered_artists"]
    for month, of_month in found.group_by(pl.col("first_date").dt.to_string("%B %Y")):
        best = of_month.sort("streams", "minutes", "artist_id", descending=[True, True, False]).row(
            0, named=True
        )
        assert f"{month[0]} {of_month.height:,} {best['artist_name']} {best['streams']:,}" in text


def test_discoveries_of_a_later_period_are_listed(written):
    assert "Artists streamed for the first time" in Page(written.read_text(encoding="utf-8")).text


def test_a_copy_of_an_earlier_version_says_what_to_do(changed, tmp_path):
    connection, serving = changed
    connection.execute("alter table marts.dim_track drop column recording_track_id")
    connection.close()
    with pytest.raises(WarehouseMissingError, match="spotify-assets materialize"):
        recap(serving, tmp_path / "recap.html", Asked(BUSIEST))


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_a_copy_without_models_tells_all_the_same(changed, tmp_path):
    connection, serving = changed
    models = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'ml'"
    ).fetchall()
    for (name,) in models:
        if name != "unusual_listening":
            connection.execute(f"drop table ml.{name}")
    connection.close()

    made = recap(serving, tmp_path / "recap.html", Asked(BUSIEST))

    assert models
    assert "What to play" not in Page(made.page.read_text(encoding="utf-8")).text
    assert made.figures.totals()["plays"] > 0


def test_a_copy_without_marts_says_what_to_do(changed, tmp_path):
    connection, serving = changed
    connection.execute("drop table marts.fact_listens")
    connection.close()
    with pytest.raises(WarehouseMissingError, match="spotify-assets materialize"):
        recap(serving, tmp_path / "recap.html", Asked(BUSIEST))


# --- the command


def call(published: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    return CliRunner().invoke(app, ["recap", *arguments])


def test_the_command_writes_the_page(published, written, monkeypatch, tmp_path):
    target = tmp_path / "recap.html"
    result = call(published, monkeypatch, "--user", BUSIEST, *ARGUMENTS, "-o", str(target))
    assert result.exit_code == 0, result.output
    assert target.read_bytes() == written.read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_the_last_whole_month_is_the_default(published, monkeypatch, tmp_path):
    result = call(published, monkeypatch, "--user", BUSIEST, "-o", str(tmp_path / "recap.html"))
    assert "2025-03-01..2025-03-31, compared with 2025-02-01..2025-02-28" in result.output
    alone = call(published, monkeypatch, "--user", BUSIEST, "--no-compare", "-o", str(tmp_path / "a.html"))
    assert "2025-03-01..2025-03-31\n" in alone.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "whose? there are 25 listeners: say --user"),
        (("--user", "nobody"), "there is no listening of 'nobody'"),
        (("--user", BUSIEST, "--from", "2020-01-01", "--to", "2020-02-01"), "there are playbacks from 2025"),
        (("--user", BUSIEST, "--from", "2025-03-01", "--to", "2025-02-01"), "ends before it begins"),
        (("--user", BUSIEST, "--compare-with", "yesterday"), "is no period"),
        (("--user", BUSIEST, "--compare-with", str(BEFORE), "--no-compare"), "contradict"),
        (("--user", BUSIEST, "-o", "recap.pdf"), "give it a name in .html"),
    ],
)
def test_what_cannot_be_written_is_told_in_one_line(published, monkeypatch, arguments, says):
    result = call(published, monkeypatch, *arguments)
    assert result.exit_code == 1
    [line] = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("error: ")
    assert says in line


# --- the asset


def settings_of(data_dir: Path, users: str = f"{DECLARED}, {BUSIEST}") -> Settings:
    return Settings(data_dir=data_dir, start_date=date(2025, 1, 1), recap_users=users, _env_file=None)


@pytest.fixture(scope="module")
def march(published: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dg.AssetMaterialization]:
    """A data folder with the published copy and the recaps of March, and what was told of these."""
    made = settings_of(tmp_path_factory.mktemp("march") / "data")
    made.processed_dir.mkdir(parents=True)
    shutil.copyfile(Settings(data_dir=published, _env_file=None).serving_path, made.serving_path)
    return made.data_dir, materialized(made, "2025-03-01")


@pytest.fixture
def data_dir(march: tuple[Path, dg.AssetMaterialization], tmp_path: Path) -> Path:
    """The same, of the test's own."""
    return Path(shutil.copytree(march[0], tmp_path / "data"))


def materialized(settings: Settings, month: str) -> dg.AssetMaterialization:
    result = dg.materialize([recap_asset(settings)], partition_key=month)
    assert result.success
    [made] = result.asset_materializations_for_node("publish__monthly_recap")
    return made


def test_a_month_is_materialised_for_the_listeners_that_the_setting_names(march):
    folder, made = march

    month = settings_of(folder).reports_dir / "recaps" / "month=2025-03"
    assert {path.name for path in month.iterdir()} == {f"user={DECLARED}", f"user={BUSIEST}"}
    figures = made.metadata["figures"]
    assert isinstance(figures, dg.TableMetadataValue)
    records = {row.data["listener"]: row.data for row in figures.records}
    for user in (DECLARED, BUSIEST):
        totals = pl.read_parquet(month / f"user={user}" / "recap_data" / "totals.parquet").row(0, named=True)
        rows = all_playbacks().filter(
            pl.col("user_id") == user,
            pl.col("local_date").is_between(*MARCH),
            pl.col("content_type") == "music",
        )
        assert records[user]["streams"] == totals["streams"] == rows["is_stream"].sum()
        assert records[user]["hours_listened"] == totals["minutes_listened"] / 60
    assert "data:image/png;base64," in str(made.metadata["listening time"].value)


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_a_month_that_is_made_again_keeps_no_recap_of_others(data_dir):
    fewer = settings_of(data_dir, BUSIEST)
    materialized(fewer, "2025-03-01")
    month = fewer.reports_dir / "recaps" / "month=2025-03"
    assert [path.name for path in month.iterdir()] == [f"user={BUSIEST}"]


def test_a_month_without_listening_has_no_recap(data_dir):
    assert materialized(settings_of(data_dir), "2025-06-01").metadata["recaps"].value == 0


@pytest.mark.slow
@pytest.mark.usefixtures("blank")
def test_recaps_of_an_erased_listener_go(data_dir):
    settings = settings_of(data_dir, BUSIEST)
    materialized(settings, "2025-02-01")
    assert remove_recaps(settings.reports_dir, BUSIEST) == 2
    assert remove_recaps(settings.reports_dir, BUSIEST) == 0
    left = {path.name for path in settings.reports_dir.glob("recaps/*/*")}
    assert left == {f"user={DECLARED}"}


def test_a_name_leads_nowhere_else(tmp_path):
    outside = tmp_path / "month=2025-01" / "precious"
    outside.mkdir(parents=True)
    (tmp_path / "recaps" / "month=2025-01").mkdir(parents=True)
    assert remove_recaps(tmp_path, "../../month=2025-01/precious") == 0
    assert remove_recaps(tmp_path, "*") == 0
    assert outside.exists()
