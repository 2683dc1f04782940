"""Whether the server is well: `python -m spotify_assets.instance.healthy PORT`, the image's health check.

Well is: the webserver answers, it has loaded the code location, and the daemon has told of itself lately.
"""

import json
import sys
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 20
ASK = """{
  workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } }
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }
}"""


def ailments(answer: dict[str, Any]) -> list[str]:
    """What is wrong by the server's answer, one line each; nothing where it is well."""
    entries = answer["workspaceOrError"].get("locationEntries") or []
    loaded = [
        e["name"]
        for e in entries
        if (e["locationOrLoadError"] or {}).get("__typename") == "RepositoryLocation"
    ]
    daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
    sick = sorted(d["daemonType"] for d in daemons if d["required"] and not d["healthy"])
    return [
        *([] if loaded else ["no code location is loaded"]),
        *(f"daemon {kind} is not running" for kind in sick),
    ]


def main(port: int) -> None:
    """Ask the server of a port of this machine.

    Raises:
        SystemExit: it does not answer, or is not well; the message says why.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": ASK}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            found = ailments(json.load(answer)["data"])
    except OSError as error:
        sys.exit(f"no server answers on port {port}: {error}")
    if found:
        sys.exit("; ".join(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
