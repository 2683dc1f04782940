"""The command that starts the servers: up."""

import os
import sys
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from spotify_assets.cli.common import fail, says_what_is_wrong
from spotify_assets.cli.console import console_of_output
from spotify_assets.cli.options import LAST_PORT
from spotify_assets.settings import PROJECT_FILES, PROJECT_ROOT, Settings

app = typer.Typer()
UI, DASHBOARD, VIEWERS = "Dagster UI", "Dashboard", "Viewers' UI"
_OPTIONS = {UI: "--port", DASHBOARD: "--dashboard-port", VIEWERS: "--viewers"}


@app.command()
@says_what_is_wrong
def up(
    port: Annotated[int, typer.Option(min=1, max=LAST_PORT, help="Port of the UI, on loopback.")] = 3000,
    dashboard_port: Annotated[
        int, typer.Option(min=1, max=LAST_PORT, help="Port of the dashboard, on loopback.")
    ] = 8501,
    viewers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=LAST_PORT,
            help="Port of a second UI, on loopback, where nothing can be started or changed.",
        ),
    ] = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Start no dashboard.")] = False,
) -> None:
    """Start the Dagster UI and daemon on the instance that the other commands use, and the dashboard."""
    from spotify_assets.dashboard.login import must_be_set_up  # noqa: PLC0415
    from spotify_assets.dashboard.serve import HOST  # noqa: PLC0415
    from spotify_assets.instance.servers import must_be_free, served_once  # noqa: PLC0415

    settings = Settings()
    ports = {UI: port}
    if not no_dashboard:
        must_be_set_up(settings)
        ports[DASHBOARD] = dashboard_port
    if viewers is not None:
        ports[VIEWERS] = viewers
    _must_differ(ports)
    addresses = ", ".join(f"{name} http://{HOST}:{number}" for name, number in ports.items())
    with served_once(settings.dagster_home, addresses):
        for name, number in ports.items():
            must_be_free(HOST, number, _OPTIONS[name])
        _serve(settings, ports)


def _must_differ(ports: Mapping[str, int]) -> None:
    for (one, number), (other, another) in combinations(ports.items(), 2):
        if number == another:
            raise ValueError(
                f"{_OPTIONS[one]} and {_OPTIONS[other]} are both {number}: give two different ones"
            )


def _serve(settings: Settings, ports: Mapping[str, int]) -> None:
    """Start the servers, say where they are once they answer, and wait until they end."""
    from spotify_assets.dashboard.serve import HOST, command  # noqa: PLC0415
    from spotify_assets.instance.home import must_answer, prepare_instance  # noqa: PLC0415
    from spotify_assets.instance.processes import run_together  # noqa: PLC0415

    settings.inbox_dir.mkdir(parents=True, exist_ok=True)
    prepare_instance(settings)
    must_answer(settings)
    programs = Path(sys.executable).parent
    there = ["--workspace", str(PROJECT_FILES / "workspace.yaml"), "--host", HOST]
    commands = [[str(programs / "dagster"), "dev", *there, "--port", str(ports[UI])]]
    if DASHBOARD in ports:
        commands.append(command(HOST, ports[DASHBOARD], login_file=settings.login_file))
    if VIEWERS in ports:
        webserver = str(programs / "dagster-webserver")
        commands.append([webserver, "--read-only", *there, "--port", str(ports[VIEWERS])])
    log = settings.dagster_home / "up.log"
    os.chdir(PROJECT_ROOT)
    with log.open("wb") as output, console_of_output().status("Starting (half a minute)") as status:
        code = run_together(commands, output=output, look=_told_once(HOST, ports, log, status.stop))
    if code:
        words = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        fail(f"a server ended by itself (exit code {code}): {words[-1] if words else ''} (more in {log})")


def _told_once(
    host: str, ports: Mapping[str, int], log: Path, first: Callable[[], None]
) -> Callable[[], None]:
    """What prints the addresses, and where the log is, as soon as all servers answer, and then no more."""
    from spotify_assets.instance.servers import answers  # noqa: PLC0415

    waiting = [True]

    def look() -> None:
        if waiting and all(answers(host, number) for number in ports.values()):
            waiting.clear()
            first()
            out = console_of_output()
            for name, number in ports.items():
                out.print(f"{name + ':':<12} http://{host}:{number}", highlight=False)
            out.print(f"{'Log:':<12} {log}  (Ctrl-C ends it all)", highlight=False, soft_wrap=True)

    return look
