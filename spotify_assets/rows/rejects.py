"""Setting bad rows aside: each with the first reason that applies, what is wrong in words, and itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_DATE, REJECTED_SCHEMA


@dataclass(frozen=True)
class Judged:
    """Rows split into those kept and those refused (columns of `REJECTED_SCHEMA`)."""

    kept: pl.DataFrame
    rejected: pl.DataFrame


def reject(
    rows: pl.DataFrame,
    reasons: Mapping[str, tuple[pl.Expr, pl.Expr | str]],
    dated_by: str | None = None,
) -> Judged:
    """Split rows by the reasons to refuse them, tried in order; a condition that is null does not apply.

    `rows` has `source_file` and `source_row`; a reason is its code, its condition and its words, which may
    be an expression that names the row's values. `detail` holds the words of every reason that applies to
    the row, `original` is the row as a JSON object. With `dated_by`, the column that says which partition a
    row is in, refused rows keep it as `REJECTED_DATE`.
    """
    date = {} if dated_by is None else {REJECTED_DATE: pl.col(dated_by)}
    applies = {code: condition.fill_null(value=False) for code, (condition, _) in reasons.items()}
    reason = pl.coalesce(pl.when(condition).then(pl.lit(code)) for code, condition in applies.items())
    marked = rows.with_columns(_reason=reason)
    # Expressions that format values panic on the empty chunks that a filter may leave.
    refused = marked.filter(pl.col("_reason").is_not_null()).rechunk()
    if refused.is_empty():
        dates = {name: rows.schema[str(dated_by)] for name in date}
        return Judged(rows, pl.DataFrame(schema={**REJECTED_SCHEMA, **dates}))
    details = pl.concat_str(
        [
            pl.when(applies[code]).then(words if isinstance(words, pl.Expr) else pl.lit(words))
            for code, (_, words) in reasons.items()
        ],
        separator="; ",
        ignore_nulls=True,
    )
    rejected = refused.select(
        "source_file",
        "source_row",
        reason="_reason",
        detail=details,
        original=pl.struct(rows.columns).struct.json_encode(),
        **date,
    )
    return Judged(marked.filter(pl.col("_reason").is_null()).drop("_reason"), rejected)
