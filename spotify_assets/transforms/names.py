"""Names of tracks and artists, written alike: what is spelling goes, what makes another recording stays.

Upper and lower case of titles, kinds of brackets, dashes and quotes, full-width letters and featured artists
are spelling. So is a remark about the remastering: the same recording, as MusicBrainz has it ("Style /
Recording"), because the same performance and mix is heard. Live, acoustic, remix, karaoke, edit, mono and
every other remark is another recording. Upper and lower case of artists counts: LISA and LiSA are two.
"""

import polars as pl

TAKES = {
    "live": r"live|unplugged|in concert|concert|ao vivo|en vivo|en directo|dal vivo|en public|konzert|tour",
    "acoustic": r"acoustic|stripped|piano version",
    "remix": r"remix|remixes|remixed|rmx|mashup|bootleg|nightcore|slowed|sped up|rework",
    "instrumental": r"instrumental|instrumentals",
    "karaoke": r"karaoke|backing track|sing along",
    "cover": r"cover|covers|tribute|in the style of|made famous|lullaby renditions?",
    "demo": r"demo|demos|rehearsal|outtakes?|sessions?|take \d+",
}
"""Words by which names tell that a recording is not the studio take, by what they tell."""

_FEATURED_IN_BRACKETS = r"(?i)\s*[(\[]\s*(?:feat|ft|featuring|with)\b\.?\s+([^)\]]+)[)\]]"
_FEATURED_IN_TEXT = r"(?i)\s+(?:-\s+)?(?:feat|ft|featuring)\b\.?\s+([^()\[\]-]+)"
_REMASTERED = (
    r"(?i)[\s(\[-]*(?:(?:\d{4}|digital(?:ly)?|the)\s+)*re-?master(?:ed|ing)?\b"
    r"(?:\s+(?:version|edition|mix|\d{4}|in|track))*[\s)\]]*"
)
_DASHES = "[‐‑‒–—―−]"
_APOSTROPHES = "[‘’‚‛′´`ʼʹ]"
_QUOTES = "[“”„‟″«»]"
_NO_LETTER = r"[^\p{L}\p{M}\p{N}]+"
_MARKS = r"\p{M}+"
_ARTIST_ENDS = r"(?i)\s*(?:[,;&/+×]|\s(?:feat|ft|featuring|with|and|vs|x)\b).*$"


def artist_name(column: str) -> pl.Expr:
    """An artist's name in one spelling of its letters and blanks. Case counts; null where there is none."""
    return _or_null(_letters(pl.col(column)))


def title(column: str) -> pl.Expr:
    """A track's name without featured artists and remarks about remastering, as words in lower case.

    `Song - Live`, `Song (Live)` and `Song [live]` are the same. A name without any letter or digit stays as
    it is; null where there is none.
    """
    text = _letters(pl.col(column))
    bare = (
        _without_featured(text)
        .str.replace_all(_REMASTERED, " ")
        .str.to_lowercase()
        .str.replace_all("[♯#]", " sharp ")
        .str.replace_all("&", " and ")
        .str.replace_all("['’`´ʼ]", "")
    )
    words = bare.str.replace_all(_NO_LETTER, " ").str.strip_chars()
    return _or_null(pl.when(words != "").then(words).otherwise(text.str.to_lowercase()))


def featured(column: str) -> pl.Expr:
    """The featured artists that a track's name holds, as a list in their order."""
    text = _letters(pl.col(column))
    named = pl.coalesce(text.str.extract(_FEATURED_IN_BRACKETS), text.str.extract(_FEATURED_IN_TEXT))
    return (
        named.fill_null("")
        .str.replace_all(r"(?i)\s*(?:,|;|&|\sand\s)\s*", ";")
        .str.split(";")
        .list.eval(pl.element().str.strip_chars())
        .list.eval(pl.element().filter(pl.element() != ""))
    )


def takes(column: str) -> pl.Expr:
    """What a name tells of the take, in alphabetical order: `live`, `acoustic+live`, or empty."""
    text = pl.col(column).fill_null("").str.normalize("NFKC").str.to_lowercase()
    told = [
        pl.when(text.str.contains(rf"\b(?:{words})\b")).then(pl.lit(take))
        for take, words in sorted(TAKES.items())
    ]
    return pl.concat_str(told, separator="+", ignore_nulls=True)


def remark(column: str) -> pl.Expr:
    """What stands in a track's name behind its first bracket or dash: where remarks about the take are."""
    return _letters(pl.col(column)).str.extract(r"^.+?(?:[(\[]|\s-\s)(.*)$").fill_null("")


def spelled_alike(text: pl.Expr) -> pl.Expr:
    """Any text without what only its encoding tells: kinds of quotes, dashes, blanks, composed accents, case.

    Signs stay, and so do accents: `Beyoncé` is not `Beyonce`.
    """
    quoted = text.str.replace_all(_APOSTROPHES, "'").str.replace_all(_QUOTES, '"')
    lower = _letters(quoted).str.to_lowercase().str.normalize("NFKC")
    return lower.str.replace_all("ß", "ss").str.replace_all("ς", "σ")


def title_key(column: str) -> pl.Expr:
    """A track's name for comparing what several sources say of one moment: accents are spelling, too."""
    return title(column).str.normalize("NFKD").str.replace_all(_MARKS, "")


def artist_key(column: str) -> pl.Expr:
    """The first artist of a credit, likewise; there case is spelling, and the others may be missing."""
    first = _letters(pl.col(column)).str.to_lowercase().str.replace(_ARTIST_ENDS, "")
    words = (
        first.str.normalize("NFKD")
        .str.replace_all(_MARKS, "")
        .str.replace_all(_NO_LETTER, " ")
        .str.strip_chars()
    )
    return _or_null(pl.when(words != "").then(words).otherwise(_letters(pl.col(column))))


def _letters(text: pl.Expr) -> pl.Expr:
    """Text in NFKC with one kind of dash and of blank, trimmed."""
    return (
        text.fill_null("")
        .str.normalize("NFKC")
        .str.replace_all(_DASHES, "-")
        .str.replace_all(r"[\s\p{Cf}\p{Cc}]+", " ")
        .str.strip_chars()
    )


def _without_featured(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(_FEATURED_IN_BRACKETS, " ").str.replace_all(_FEATURED_IN_TEXT, " ")


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
