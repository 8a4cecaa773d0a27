"""An app's settings and its host.json, as the Functions host understands them.

Never keeps a change to the environment beyond the context it was made for.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_CONNECTION = "AzureWebJobsStorage"


class SettingsError(Exception):
    """A setting or an entry of host.json that the host cannot run with."""


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues` of host.json; durations are seconds.

    Attributes:
        batch_size: messages received at once, 1 to 32.
        new_batch_threshold: a new batch is fetched when no more messages than this are running.
        max_dequeue_count: tries a message gets, the first included.
        visibility_timeout: how long a message stays hidden after a failed try.
        max_polling_interval: the longest wait between two looks at an empty queue.
        base64: whether messages are base64 on the wire.
    """

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: float = 0.0
    max_polling_interval: float = 60.0
    base64: bool = True


@dataclass(frozen=True)
class HostOptions:
    """The parts of host.json this host honours."""

    route_prefix: str = "api"
    queues: QueueOptions = field(default_factory=QueueOptions)


class Settings:
    """An app's settings, looked up at the moment they are needed.

    Args:
        values: usually the environment.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str, default: str = "") -> str:
        """Return the setting, or `default`."""
        return self._values.get(name, default)

    def resolve(self, text: str) -> str:
        """Replace every `%NAME%` in a binding's text by the setting of that name.

        Raises:
            SettingsError: there is no such setting.
        """

        def value(match: re.Match[str]) -> str:
            if match[1] not in self._values:
                raise SettingsError(f"'%{match[1]}%' does not resolve to a value.")
            return self._values[match[1]]

        return re.sub(r"%([^%]+)%", value, text)

    def connection(self, name: str | None) -> str:
        """Return the connection string that a binding names, `AzureWebJobsStorage` by default.

        Raises:
            SettingsError: there is none; connections by identity need Azure.
        """
        name = name or DEFAULT_CONNECTION
        for candidate in (name, f"AzureWebJobs{name}"):
            if self._values.get(candidate):
                return self._values[candidate]
        raise SettingsError(
            f"The storage connection '{name}' is missing. "
            "Locally it has to be a connection string, not an identity."
        )

    def disabled(self, function: str) -> bool:
        """Say whether `AzureWebJobs.<function>.Disabled` is set, in either spelling."""
        for name in (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled"):
            if self.get(name).lower() in {"true", "1"}:
                return True
        return False


@contextlib.contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Lay `settings` over the environment while the context lasts, and yield it."""
    environ = os.environ  # noqa: TID251  # app settings are environment variables to an app
    before = {name: environ.get(name) for name in settings}
    environ.update(settings)
    try:
        yield environ
    finally:
        for name, value in before.items():
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value


def read_local_settings(path: Path) -> dict[str, str]:
    """Return `Values` of a local.settings.json.

    Raises:
        SettingsError: the file is encrypted or a value is no string.
    """
    content = json.loads(path.read_text("utf-8-sig"))
    values = content.get("Values", {})
    if content.get("IsEncrypted"):
        raise SettingsError(f"{path} is encrypted.")
    for name, value in values.items():
        if not isinstance(value, str):
            raise SettingsError(f"{path}: the value of '{name}' has to be a string.")
    return dict(values)


def read_host_options(folder: Path, *, development: bool) -> HostOptions:
    """Return what host.json in `folder` says, with the host's defaults for the rest.

    Args:
        folder: the app's.
        development: the host looks at empty queues more often on a developer's machine.

    Raises:
        SettingsError: host.json is missing, or a value is out of its range.
    """
    path = folder / "host.json"
    if not path.is_file():
        raise SettingsError(f"{path} is missing.")
    extensions = json.loads(path.read_text("utf-8-sig")).get("extensions", {})
    return HostOptions(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api"),
        queues=_queue_options(extensions.get("queues", {}), development=development),
    )


def _queue_options(given: dict[str, Any], *, development: bool) -> QueueOptions:
    batch = int(given.get("batchSize", 16))
    options = QueueOptions(
        batch_size=batch,
        new_batch_threshold=int(
            given.get("newBatchThreshold", batch // 2 * (os.cpu_count() or 1)),
        ),
        max_dequeue_count=int(given.get("maxDequeueCount", 5)),
        visibility_timeout=timespan(given.get("visibilityTimeout", "00:00:00")),
        max_polling_interval=timespan(
            given.get("maxPollingInterval", "00:00:02" if development else "00:01:00")
        ),
        base64=given.get("messageEncoding", "base64").lower() == "base64",
    )
    for name, fits in (
        ("batchSize", 1 <= options.batch_size <= 32),
        ("newBatchThreshold", options.new_batch_threshold >= 0),
        ("maxDequeueCount", options.max_dequeue_count >= 1),
        ("maxPollingInterval", options.max_polling_interval >= 0.1),
        ("messageEncoding", given.get("messageEncoding", "none").lower() in {"base64", "none"}),
    ):
        if not fits:
            raise SettingsError(f"host.json: extensions.queues.{name} is out of its range.")
    return options


def timespan(text: str) -> float:
    """Parse a .NET TimeSpan into seconds.

    >>> timespan("00:00:30"), timespan("1.02:00:00"), timespan("00:00:00.5")
    (30.0, 93600.0, 0.5)

    Raises:
        SettingsError: it is none.
    """
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)", text)
    if match is None:
        raise SettingsError(f"'{text}' is not a time span like 00:00:30.")
    days, hours, minutes, seconds = match.groups()
    return int(days or 0) * 86_400.0 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)
