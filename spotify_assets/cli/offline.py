"""What commands say of offline listening that was uploaded later than it was heard."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spotify_assets.cli.console import out
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.lake.importing import Handed

_HOUR_SECONDS = 3_600


def tell_moved(handed: "Sequence[Handed]") -> None:
    """Say how many rows stand where they were heard and not where they were uploaded."""
    receipts = [file.receipt for each in handed for file in each.files if file.receipt]
    notes = [each for receipt in receipts if isinstance(each := receipt.dialect.get("notes"), dict)]
    moved = sum(each.get("heard_before_reported", 0) for each in notes)
    if not moved:
        return
    other_date = sum(each.get("heard_on_another_date", 0) for each in notes)
    hours = max(each.get("reported_seconds_late_at_most", 0) for each in notes) / _HOUR_SECONDS
    out.print(
        f"{moved:,} rows tell of offline listening that was uploaded later, at most {hours:,.1f} hours: they "
        f"stand where it was heard, {other_date:,} of them on another UTC date.",
        soft_wrap=True,
    )


def tell_outdated(settings: Settings) -> None:
    """Say in one line where the lake has imports that this version would put elsewhere in time."""
    from spotify_assets.lake.redating import outdated_words  # noqa: PLC0415

    if words := outdated_words(settings.lake):
        out.print(words, style="yellow", soft_wrap=True)
