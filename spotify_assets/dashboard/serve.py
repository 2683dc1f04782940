"""How the dashboard is started: Streamlit's command, with every setting as an argument, none in a file."""

import sys
from pathlib import Path

from spotify_assets.charts.theme import BLUE, SKY

INK, CODE_INK = "#14151a", "#0b6b33"
"""Of the light theme; both have a contrast of at least 4.5, in captions and on the ground of code too."""

APP = Path(__file__).with_name("script") / "streamlit_app.py"
HOST, PORT = "127.0.0.1", 8501
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - to know them by
OPEN = "--open="
"""Before the address that `loaded` opens a browser window on. Streamlit would do that by itself, but shows
whoever has a coding assistant an advertisement over the page then."""


def command(
    host: str = HOST, port: int = PORT, *, open_browser: bool = False, login_file: Path | None = None
) -> list[str]:
    """The command that serves the dashboard; it asks nobody anything and reports to nobody.

    Args:
        host: address to listen on; loopback by default, because there may be no login.
        port: TCP port.
        open_browser: whether to open a browser window on this machine.
        login_file: how people log in, as Streamlit's secrets say it; None where they do not.
    """
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "type",
        "client.showErrorLinks": False,
        "theme.light.primaryColor": BLUE,
        "theme.dark.primaryColor": SKY,
        # As Streamlit has them, captions (six tenths of the ink) and code (green) are too pale to read.
        "theme.light.textColor": INK,
        "theme.light.codeTextColor": CODE_INK,
    }
    if login_file is not None:
        options["secrets.files"] = str(login_file)
    flags = [
        f"--{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in options.items()
    ]
    if open_browser:
        flags.append(f"{OPEN}http://{HOST if host in EVERYWHERE else host}:{port}")
    return [sys.executable, "-m", "spotify_assets.dashboard.loaded", "run", str(APP), *flags]
