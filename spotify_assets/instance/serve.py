"""Starts a Dagster process on the product's instance: `python -m spotify_assets.instance.serve COMMAND …`.

The image's entry point: it puts the product's dagster.yaml into $DAGSTER_HOME and becomes the command.
"""

import os
import sys

from spotify_assets.instance.home import prepare_instance
from spotify_assets.settings import Settings


def main(command: list[str]) -> None:
    """Become the command, with the instance prepared.

    Raises:
        SystemExit: no command was given, there is none of its name, or $DAGSTER_HOME cannot be written to.
    """
    if not command:
        sys.exit(f"usage: {__spec__.name} COMMAND …, for instance dagster-daemon run -w workspace.yaml")
    try:
        prepare_instance(Settings())
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
