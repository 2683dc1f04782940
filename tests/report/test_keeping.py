"""What a listener keeps: cards, the recap as PDF, and playlists; with what they must not say."""

import io
import re
from datetime import date
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image
from pypdf import PdfReader
from typer.testing import CliRunner, Result

from spotify_assets.cli import app
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.view import Period
from spotify_assets.report.cards.drawing import SCHEMES, SHAPES, card, card_svg
from spotify_assets.report.cards.faces import DESIGNS, Face, Row, face_of
from spotify_assets.report.lettering import cut, width_of, wrapped
from spotify_assets.report.paper import paper
from spotify_assets.report.playlists import m3u8, playable
from spotify_assets.report.sections import figures_of
from spotify_assets.warehouse.database import Database
from tests.report import listeners as world

YEAR = Period(date(2016, 1, 1), date(2016, 12, 31))
LONG = "A Silver Mt. Zion Memorial Orchestra and Tra-La-La Band with Choir and Everybody Else in the Room"


@pytest.fixture(scope="module")
def figures(listeners: Database) -> PersonalFigures:
    with listeners.reader() as connection:
        return figures_of(connection, world.YEARS, YEAR)


@pytest.mark.parametrize(
    ("design", "shape", "scheme"),
    [
        (design, shape, SCHEMES[(number + second) % len(SCHEMES)])
        for number, design in enumerate(DESIGNS)
        for second, shape in enumerate(SHAPES)
    ],
)
def test_a_card_has_its_size_and_keeps_its_margin(figures, design, shape, scheme):
    drawn = card(figures, design, shape, scheme)
    assert drawn is not None
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    assert image.size == SHAPES[shape]
    pixels = np.asarray(image)
    assert colours(pixels) > 3
    for edge in (pixels[:40], pixels[-40:], pixels[:, :40], pixels[:, -40:]):
        assert colours(edge) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("design", DESIGNS)
def test_a_scheme_changes_nothing_but_colours(figures, design, shape):
    face = face_of(figures, design)
    assert face is not None
    drawn = [card_svg(face, "2016", shape, scheme) for scheme in SCHEMES]
    colour = re.compile("#[0-9A-F]{6}")
    assert len({colour.sub("", one) for one in drawn}) == 1
    light, dark = (set(colour.findall(one)) for one in drawn)
    assert len(light) == len(dark) > 3
    assert light != dark


def colours(pixels: NDArray[np.uint8]) -> int:
    """How many there are: each is made one number, because numbers are sorted faster than triples."""
    return len(np.unique(pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)))


@pytest.mark.parametrize("design", DESIGNS)
def test_nobody_is_named_on_a_card_who_did_not_ask_for_it(figures, design):
    said = words_of(face_of(figures, design), "")
    assert not {world.YEARS, "Spotify", "spotify-assets"} & set(said.split())
    assert "Anna 2016" in words_of(face_of(figures, design), "Anna")


def words_of(face: Face | None, name: str) -> str:
    assert face is not None
    root = ElementTree.fromstring(card_svg(face, "2016", "tall", "light", name))
    return " ".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text"))


def test_a_card_has_the_numbers_of_the_figures(figures):
    top = figures["artists"].row(0, named=True)
    face = face_of(figures, "artists")
    assert face is not None
    assert face.rows[0] == Row(1, top["artist_name"], f"{int(top['streams'])} streams", 1.0)
    told = face_of(figures, "obsession")
    assert told is not None
    assert told.headline == world.OBSESSION
    assert "70 streams from 10 May 2016 to 14 May 2016" in told.lines


def test_names_of_any_length_and_script_stay_on_the_card():
    face = Face(
        "Top",
        LONG,
        [LONG],
        [Row(1, LONG, "1,234 streams", 1.0), Row(2, f"{'椎名林檎' * 12}\n{LONG}", "1 stream", 0.1)],
    )
    for shape, (width, _) in SHAPES.items():
        root = ElementTree.fromstring(card_svg(face, "2016", shape, "light", LONG))
        for line in root.iter("{http://www.w3.org/2000/svg}text"):
            x, size = float(line.get("x", "0")), float(line.get("font-size", "0"))
            long = width_of(line.text or "", size, bold=line.get("font-weight") == "700")
            end = x if line.get("text-anchor") == "end" else x + long
            assert end <= width - 40


@pytest.mark.slow
def test_a_design_without_anything_to_tell_has_no_card(listeners):
    with listeners.reader() as connection:
        days = Period(date(2025, 1, 1), date(2025, 10, 27))
        of_podcasts = figures_of(connection, world.PODCASTS, days)
    drawn = {design for design in DESIGNS if face_of(of_podcasts, design)}
    assert drawn == {"story", "time", "calendar", "week"}


def texts_of(face: Face | None, shape: str) -> list[ElementTree.Element]:
    assert face is not None
    root = ElementTree.fromstring(card_svg(face, "3 January 2011 to 31 December 2025", shape, "light", LONG))
    return list(root.iter("{http://www.w3.org/2000/svg}text"))


def box_of(line: ElementTree.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a line of text, less what letters leave above and below."""
    x, y, size = (float(line.get(name, "0")) for name in ("x", "y", "font-size"))
    long = width_of(line.text or "", size, bold=line.get("font-weight") == "700")
    left = x - {"start": 0, "middle": long / 2, "end": long}[line.get("text-anchor", "start")]
    return left, y - size * 0.7, left + long, y


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("design", DESIGNS)
def test_no_text_of_a_card_lies_over_another_and_the_period_is_whole(figures, design, shape):
    lines = texts_of(face_of(figures, design), shape)
    boxes = [box_of(line) for line in lines]
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, (lines[number].text, other)
    assert "3 January 2011 to 31 December 2025" in " ".join(line.text or "" for line in lines)


def test_a_rank_stands_apart_from_a_name_that_runs_from_right_to_left():
    face = Face(
        "Top", "فيروز", [], [Row(1, "فيروز", "3 streams", 1.0), Row(2, "עידן רייכל", "1 stream", 0.3)]
    )
    said = [line.text for line in texts_of(face, "tall")]
    assert {"1", "فيروز", "2", "עידן רייכל"} <= set(said)


@pytest.mark.slow
def test_bars_say_from_when_to_when_and_are_of_all_of_the_period(listeners):
    with listeners.reader() as connection:
        all_years = figures_of(connection, world.YEARS, Period(world.FIRST, world.LAST))
    time = face_of(all_years, "time")
    assert time is not None
    assert time.ends == ("2011", "2025")
    assert len(time.bars) == 15
    days = face_of(all_years, "calendar")
    assert days is not None
    assert "of the last 366 days" in days.headline
    obsession = face_of(all_years, "obsession")
    assert obsession is not None
    assert [number for number, (_, is_told) in enumerate(obsession.bars) if is_told] == [2016 - 2011]


def test_who_stays_off_a_card_is_not_on_it_and_others_keep_their_rank(figures):
    ranks = figures["artists"].sort("rank_by_streams", nulls_last=True)["artist_name"].to_list()
    face = face_of(figures, "artists", [ranks[1].upper()])
    assert face is not None
    assert [(row.rank, row.label) for row in face.rows[:2]] == [(1, ranks[0]), (3, ranks[2])]
    assert face_of(figures, "obsession", [world.OBSESSION]) is None
    for design in DESIGNS:
        told = face_of(figures, design, ["Planted Artist"])
        assert told is None or "Planted Artist" not in words_of(told, "")


# --- lettering


@pytest.mark.parametrize("text", [LONG, "椎名林檎" * 20, "word " * 50, "x" * 300, "فيروز " * 30])
def test_wrapped_lines_fit_and_lose_nothing(text):
    lines = wrapped(text, 20, 300)
    assert all(width_of(line, 20) <= 300 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    few = wrapped(text, 20, 300, most=2)
    assert len(few) <= 2
    assert all(width_of(line, 20) <= 300 for line in few)


def test_what_is_cut_says_so():
    assert cut("short", 10, 200) == "short"
    assert cut(LONG, 10, 200).endswith("…")


# --- paper


@pytest.mark.slow
def test_the_pdf_has_the_words_of_the_page_as_text(figures):
    reader = PdfReader(io.BytesIO(paper(figures)))
    assert len(reader.pages) > 3
    assert reader.metadata is not None
    assert reader.metadata.title == "Listening of years, 2016"
    texts = [page.extract_text() for page in reader.pages]
    said = " ".join(" ".join(texts).split())
    assert world.OBSESSION in said
    assert f"{figures.totals()['streams']:,} streams" in said
    for number, text in enumerate(texts, 1):
        assert text.rstrip().endswith(str(number))
        assert len(text.split()) > 20


# --- playlists


def test_playlists_hold_what_a_player_can_find():
    tracks = pl.DataFrame(
        {
            "track_id": [
                "4uLU6hMCjMI75M1A2tKUQC",
                "name-0123456789abcdef",
                "4uLU6hMCjMI75M1A2tKUQC",
                "0" * 22,
            ],
            "track_name": ["One\nline", "Local", "Again", "Zero"],
            "artist_name": ["A", "B", "C", None],
        }
    )
    found = playable(tracks)
    assert found["uri"].to_list() == [f"spotify:track:{one}" for one in ("4uLU6hMCjMI75M1A2tKUQC", "0" * 22)]
    assert m3u8(found) == (
        "#EXTM3U\n#EXTINF:-1,A - One line\nspotify:track:4uLU6hMCjMI75M1A2tKUQC\n"
        f"#EXTINF:-1,– - Zero\nspotify:track:{'0' * 22}\n"
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"track_id": ["0" * 22], "track_name": ["One"]},
        {"first_track_id": ["0" * 22], "first_track_name": ["One"]},
        {"kind": ["artist", "track"], "id": ["1" * 22, "0" * 22], "track_name": [None, "One"]},
    ],
)
def test_every_list_that_names_tracks_is_a_playlist(columns):
    rows = pl.DataFrame(columns).with_columns(artist_name=pl.lit("A"))
    assert playable(rows).rows() == [(f"spotify:track:{'0' * 22}", "One", "A")]


def test_a_list_of_something_else_is_none():
    assert playable(pl.DataFrame({"artist_name": ["A"], "streams": [1]})).is_empty()


# --- the commands


def call(listeners: Database, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(listeners.path.parent.parent))
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.slow
def test_the_command_draws_the_cards_that_are_asked_for(listeners, monkeypatch, tmp_path):
    asked = ("cards", "--user", world.YEARS, "--period", "2019", "--theme", "dark", "-o", str(tmp_path / "c"))
    made = call(listeners, monkeypatch, *asked, "--design", "obsession", "--design", "week")
    assert made.exit_code == 0, made.output
    assert {path.name for path in (tmp_path / "c").iterdir()} == {"week-tall-dark.png", "week-wide-dark.png"}
    assert "no card obsession: 2019-01-01..2019-12-31 has nothing of it" in made.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--design", "luck"), "there is no design 'luck'; there are story, time"),
        (("--shape", "round"), "there is no shape 'round'; there are tall, wide"),
        (("--theme", "pink"), "there is no theme 'pink'"),
        (("--language", "tlh"), "no words are known of the language 'tlh'"),
        (("--period", "someday"), "is no period; say it as"),
        (("--period", "2019", "--from", "2019-01-01"), "contradict each other"),
    ],
)
def test_what_no_card_can_be_is_told_in_one_line(listeners, monkeypatch, arguments, says):
    made = call(listeners, monkeypatch, "cards", "--user", world.YEARS, *arguments)
    assert made.exit_code == 1
    [line] = [line for line in made.stderr.splitlines() if line.strip()]
    assert says in re.sub(r"\s+", " ", line)


@pytest.mark.slow
def test_the_command_writes_the_pdf_beside_the_page(listeners, monkeypatch, tmp_path):
    page = tmp_path / "r.html"
    made = call(
        listeners,
        monkeypatch,
        "recap",
        "--user",
        world.DAY,
        "--period",
        "all of it",
        "--pdf",
        "-o",
        str(page),
    )
    assert made.exit_code == 0, made.output
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
