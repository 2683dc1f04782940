"""Files of the project that are written from its code: `python -m spotify_assets.docs`, `make docs`.

Here belongs: what such a file says and where it stands. A test fails when one of them is out of date.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from spotify_assets.docs.ddl import ddl_files
from spotify_assets.docs.exposures import EXPOSURES_FILE, exposures_yaml
from spotify_assets.docs.policies import policy_files
from spotify_assets.docs.sources import SOURCES_FILE, sources_yaml
from spotify_assets.docs.tables_page import TABLES_PAGE, tables_text
from spotify_assets.docs.template import TEMPLATE_FILE, template_text

GENERATED: Mapping[Path, Callable[[], str]] = {
    TABLES_PAGE: tables_text,
    SOURCES_FILE: sources_yaml,
    EXPOSURES_FILE: exposures_yaml,
    TEMPLATE_FILE: template_text,
    **policy_files(),
    **ddl_files(),
}
"""What each generated file says."""
