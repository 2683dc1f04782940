"""Tables of the schema `ops`: the books, what was refused and what checks found."""

from spotify_assets.tables.fields import EVENT_DATE, SOURCE_FILE, SOURCE_ROW, USER_ID
from spotify_assets.tables.model import OwnCheck, Table, count, day, flag, moment, number, text, whole

_OUTCOMES = ("in", "loaded", "rejected", "duplicate")
RECEIPTS_ADD_UP = OwnCheck(
    "reconciliation",
    "Each file's rows in = loaded + rejected + duplicate, and the raw events hold what was loaded.",
)

IMPORT_RECEIPTS = Table(
    schema="ops",
    name="import_receipts",
    grain="one row per landed file and outcome of its rows",
    description="What became of every row of every file handed in: the rows of the other outcomes add up to those of `in`.",
    key=("receipt_id", "outcome", "reason"),
    own_checks=(RECEIPTS_ADD_UP,),
    columns=(
        text("receipt_id", "The landing."),
        moment("landed_at", "UTC moment of the landing."),
        text("input_file", "Name of the file handed in."),
        text("input_sha256", "SHA-256 of its bytes."),
        text("kind", "What it was recognised as."),
        text("target", "Table that its rows go to."),
        text("user_id", "Whose listening it is, as a pseudonym; null where the file itself says.", null=True),
        text("source_file", "What `source_file` of the raw tables calls it.", null=True),
        day("first_date", "First date of its loaded rows, or the date of its snapshot.", null=True),
        day("last_date", "Last date of its loaded rows, or the date of its snapshot.", null=True),
        day("books_date", "Date whose slice of the target tells the rows that landing refused.", null=True),
        text("dialect", "JSON object of what was worked out about the file's form.", null=True),
        text("outcome", "in, loaded, rejected or duplicate.", accepted=_OUTCOMES),
        text("reason", "Reason code of the outcome; empty for in and loaded."),
        count("rows", "How many rows."),
    ),
)

REJECTED_ROWS = Table(
    schema="ops",
    name="rejected_rows",
    grain="one row per refused row and table that refused it",
    description="Every row that was refused, with the reason and its original content.",
    key=("table_name", "slice_date", "source_file", "source_row", "reason"),
    columns=(
        text("table_name", "Table that refused the row."),
        day(
            "slice_date", "Partition date of the row in that table; null where landing refused it.", null=True
        ),
        text("source_file", "File that the row came from, as in the raw tables."),
        whole("source_row", "Row in that file."),
        text("reason", "Reason code."),
        text("detail", "What is wrong, in words, with the value."),
        text("original", "JSON object of the row as it was read."),
    ),
)

DUPLICATE_PLAYS = Table(
    schema="ops",
    name="duplicate_plays",
    grain="one row per dropped repeat of a playback",
    description="Every row dropped because its playback is already there, and the row that won.",
    partition_column="event_date",
    key=("event_date", "source_file", "source_row"),
    columns=(
        EVENT_DATE,
        text("event_id", "Id of the dropped row."),
        text("kept_event_id", "Id of the row that stays."),
        USER_ID,
        text(
            "reason",
            "How it was found: `same_event`, `uploaded_again` (with another reported time), or `same_playback_` and the source of the dropped row, of which another source's row or another export's is there.",
        ),
        text("source", "Where the dropped row came from.", null=True),
        text("kept_source", "Where the row that stays came from.", null=True),
        SOURCE_FILE,
        SOURCE_ROW,
    ),
)

ROW_COUNTS = Table(
    schema="ops",
    name="row_counts",
    grain="one row per table, slice, outcome and reason",
    description="The books: for each slice of a table the rows that came in, and what became of them. `loaded`, `rejected` and `duplicate` add up to `in`.",
    key=("table_name", "slice_date", "outcome", "reason"),
    columns=(
        text("table_name", "The table."),
        day("slice_date", "First day of the slice."),
        day(
            "slice_end",
            "Day after the last day of the slice; null in entries of versions that did not record it.",
            null=True,
        ),
        text("outcome", "in, loaded, rejected or duplicate.", accepted=_OUTCOMES),
        text("reason", "Reason code; empty for in and loaded."),
        count("rows", "How many rows."),
        moment("written_at", "UTC moment of the write."),
    ),
)

CHECK_RESULTS = Table(
    schema="ops",
    name="check_results",
    grain="one row per evaluation of a check on a slice",
    description="What the generated checks found, as evaluated by `spotify-assets check` and by runs.",
    key=("checked_at", "table_name", "check_name", "slice_date"),
    columns=(
        moment("checked_at", "UTC moment of the evaluation."),
        text("table_name", "The table."),
        text("check_name", "The check."),
        day("slice_date", "First day of the slice; null for the whole table.", null=True),
        flag("passed", "Whether no row failed."),
        text("severity", "ERROR blocks, WARN tells.", accepted=("ERROR", "WARN")),
        count("failing_rows", "Rows that failed."),
        text("detail", "What failed, in words."),
    ),
)

RUN_COSTS = Table(
    schema="ops",
    name="run_costs",
    grain="one row per run, step and table that the step made, and one for what a step did beside its tables",
    description="What each step of each run used, measured where it ran; written when the run ends, however it ends.",
    key=("run_id", "step", "table_name"),
    columns=(
        text("run_id", "The run."),
        text("step", "The step."),
        text(
            "table_name",
            "Table that was made, as `schema.table`; null for checks, and for what dbt needs beside its models.",
            null=True,
        ),
        moment("started_at", "UTC moment the step started."),
        number("wall_seconds", "Seconds on the clock.", minimum=0),
        number(
            "cpu_seconds",
            "Seconds of processors, of all threads and child processes; those of dbt are divided by the seconds of its models.",
            minimum=0,
        ),
        count(
            "peak_memory_bytes",
            "The most memory that the process, or a child of it, held during the step; the same for each of its tables.",
        ),
        count("rows_in", "Rows read from other tables, or from the lake; null for dbt.", null=True),
        count(
            "rows_out",
            "Rows written; for dbt the rows that the table has, null for a view and where nothing was made.",
            null=True,
        ),
        count(
            "bytes_in",
            "Bytes that system calls read, from disk, cache or pipe; of dbt with its step. Null where the system does not tell.",
            null=True,
        ),
        count("bytes_out", "Bytes that system calls wrote.", null=True),
        count(
            "stored_bytes",
            "Bytes of the table's blocks in the warehouse when the run ended; small tables share blocks, and have 0. "
            "Of a lakehouse the bytes of its files.",
            null=True,
        ),
    ),
)
