"""Alerts: what is broken, told once, by webhook or mail; and told again when it is mended.

Here belongs: what a message says, where it goes, and which incidents were told. Not here: what is broken
(`health`).
"""

import json
import smtplib
import ssl
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import dagster as dg

from spotify_assets.automation.health import look
from spotify_assets.automation.problem import Problem
from spotify_assets.settings import Settings

HEALTH = "health"
INTERVAL_SECONDS = 60
TIMEOUT_SECONDS = 20
_MOST_LINES = 20
_SMTP_PORT, _SMTPS_PORT = 587, 465

Send = Callable[["AlertMessage"], None]


@dataclass(frozen=True)
class AlertMessage:
    """One alert: a line that sums it up, and a line for each incident."""

    subject: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join([self.subject, *self.lines])


def channels(settings: Settings) -> dict[str, Send]:
    """Where alerts go by the settings; none by default."""
    found: dict[str, Send] = {}
    if settings.alert_webhook_url:
        url = settings.alert_webhook_url.get_secret_value()
        found["webhook"] = lambda message: post(url, message)
    if settings.alert_smtp_url and settings.alert_email_to:
        server, receivers = settings.alert_smtp_url.get_secret_value(), settings.alert_email_to
        found["mail"] = lambda message: mail(server, settings.alert_email_from, receivers, message)
    return found


def post(url: str, message: AlertMessage) -> None:
    """Post a message as Slack's incoming webhooks take it: a JSON object with `text`.

    Raises:
        ValueError: the address is not of the web.
        OSError: the server cannot be reached, or refuses.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("SPOTIFY_ALERT_WEBHOOK_URL starts with http:// or https://")
    request = urllib.request.Request(  # noqa: S310
        url,
        data=json.dumps({"text": message.text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def mail(server: str, sender: str, receivers: str, message: AlertMessage) -> None:
    """Mail a message; `smtp://` encrypts where the server offers it, `smtps://` from the start.

    Raises:
        ValueError: the address of the server is of neither kind.
        OSError: the server cannot be reached, or refuses.
    """
    address = urlsplit(server)
    if address.scheme not in ("smtp", "smtps") or not address.hostname:
        raise ValueError("SPOTIFY_ALERT_SMTP_URL is smtp://user:password@host:port, or smtps://")
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = message.subject, sender, receivers
    letter.set_content("\n".join(message.lines))
    if address.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            address.hostname, address.port or _SMTPS_PORT, timeout=TIMEOUT_SECONDS
        )
    else:
        connection = smtplib.SMTP(address.hostname, address.port or _SMTP_PORT, timeout=TIMEOUT_SECONDS)
    with connection as smtp:
        if address.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
        if address.username and address.password:
            smtp.login(unquote(address.username), unquote(address.password))
        smtp.send_message(letter)


Told = Mapping[str, Mapping[str, str]]
"""The incidents that each channel was told of: their titles by key, by channel."""


def tell(
    found: Sequence[Problem], told: Told, send: Mapping[str, Send], dagster_url: str
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Tell each channel what it does not know yet: new incidents, and those that are over.

    What is broken together is told once: nothing is new that only lost some of its files, and it is over when
    none of them is broken any more.

    Returns what every channel knows now, and by channel why it could not be told; it is told again next time.
    """
    now: dict[str, dict[str, str]] = {}
    failures: dict[str, str] = {}
    open_now = {problem.key: problem for problem in found}
    for channel, deliver in send.items():
        known = dict(told.get(channel, {}))
        new = [problem for key, problem in open_now.items() if not _parts(key) <= _parts(*known)]
        over = {key: title for key, title in known.items() if not _parts(key) & _parts(*open_now)}
        now[channel] = _titles(found, new, known)
        if not new and not over:
            continue
        try:
            deliver(message_of(new, list(over.values()), dagster_url))
        except OSError as error:  # smtplib's and urllib's errors are among them
            now[channel] = known
            failures[channel] = str(error)
    return now, failures


def _titles(found: Sequence[Problem], new: Sequence[Problem], known: Mapping[str, str]) -> dict[str, str]:
    """The titles under which what stands is told to be over, by key: what was told keeps the one told."""
    titles = {problem.key: problem.title for problem in found}
    for key, title in known.items():
        left = [problem for problem in found if _parts(problem.key) & _parts(key)]
        if len(left) == 1 and left[0] not in new:
            titles[left[0].key] = title
    return titles


def _parts(*keys: str) -> set[str]:
    """What is broken, by the keys of incidents: files by themselves."""
    return {part for key in keys for part in key.splitlines()}


def message_of(new: Sequence[Problem], over: Sequence[str], dagster_url: str) -> AlertMessage:
    """What is said of incidents that are new and of those that are over."""
    subject = ", ".join(
        part
        for part in (
            f"{len(new)} new {'problem' if len(new) == 1 else 'problems'}" if new else "",
            f"{len(over)} mended" if over else "",
        )
        if part
    )
    lines = [_line(problem, dagster_url) for problem in new] + [f"Mended: {title}" for title in over]
    more = [f"and {len(lines) - _MOST_LINES} more: spotify-assets failing lists them"]
    shown = lines[:_MOST_LINES] + (more if len(lines) > _MOST_LINES else [])
    return AlertMessage(f"Listening warehouse: {subject}", tuple(shown))


def _line(problem: Problem, dagster_url: str) -> str:
    link = f" {dagster_url.rstrip('/')}/runs/{problem.run_id}" if problem.run_id else ""
    return f"{problem.title}: {problem.detail}{link}"


def health_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor that looks for what is broken and tells the channels of the settings, once each."""

    @dg.sensor(
        name=HEALTH,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the webhook or the mail address of the settings what is broken (failed runs, "
        "failing checks, late layers), once each, and when it is mended; and the dashboard, at every tick.",
    )
    def health(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        assert context.repository_def is not None  # the daemon always passes it
        found = look(settings, context.instance, context.repository_def.asset_graph)
        send = channels(settings)
        if not send:
            return dg.SensorResult(
                skip_reason=f"{len(found):,} problems; no alerts, because neither SPOTIFY_ALERT_WEBHOOK_URL "
                "nor SPOTIFY_ALERT_SMTP_URL is set.",
                cursor=context.cursor,
            )
        told = json.loads(context.cursor) if context.cursor else {}
        now, failures = tell(found, told, send, settings.dagster_url)
        for channel, why in failures.items():
            context.log.error(f"The {channel} took no alert, it is told at the next tick: {why}")
        return dg.SensorResult(
            skip_reason=f"{len(found):,} problems" + (f"; failed: {failures}" if failures else ""),
            cursor=json.dumps(now),
        )

    return health
