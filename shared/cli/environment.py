"""Where the terminal's settings come from: a file, the chosen azd environment, local.settings.json.

Never mixes two sources: the first that is there is used whole, and what stands in the process's own
environment goes over it.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.azure.references import parse_reference, read_secret
from shared.cli.dotenv import parse_dotenv
from shared.errors import ConfigurationError, NotPossibleError
from shared.settings import Settings, variable_name

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_log = logging.getLogger(__name__)

LOCAL_SETTINGS: Final = "local.settings.json"
AZD: Final = ".azure"
# Only the platform gives these, to the process itself: in a file they would be somebody else's.
_PLATFORMS: Final = {"identity_endpoint", "easy_auth"}


@dataclass(frozen=True)
class Source:
    """A place that settings were read from.

    Attributes:
        name: as a person would call it.
        values: by name, in whatever case they stand there.
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


def find_source(file: Path | None, *, folder: Path, process: Mapping[str, str]) -> Source:
    """Return the first source there is: the file, the chosen azd environment, local settings.

    Args:
        file: what `--settings` names.
        folder: the project, in which the two others are looked for.
        process: the process's environment; AZURE_ENV_NAME in it chooses the azd environment.

    Raises:
        NotPossibleError: a source is there and cannot be read.
    """
    if file is not None:
        return Source(f"the file {file} and the environment", _read(file))
    if chosen := _azd_environment(folder, process):
        path = folder / AZD / chosen / ".env"
        if not path.is_file():
            raise NotPossibleError(
                f"The azd environment {chosen} has no file {path}. Choose another one with "
                "`azd env select`, or leave AZURE_ENV_NAME out."
            )
        name = f"the azd environment {chosen} ({path}) and the environment of this terminal"
        return Source(name, _read(path))
    path = folder / LOCAL_SETTINGS
    if path.is_file():
        return Source(f"the file {path} and the environment", _read(path))
    return Source(
        "the environment alone: there is no --settings, no chosen azd environment and no "
        f"{LOCAL_SETTINGS} in this folder"
    )


def merge(source: Source, process: Mapping[str, str]) -> dict[str, str]:
    """Return the connector's settings by their names: the source's, those of the process over them.

    In both a name counts in any case, its own spelling before others; azd and Windows change it.
    A variable of the process counts even when it is empty, which means "not set".
    """
    merged: dict[str, str] = {}
    for name in Settings.model_fields:
        variable = variable_name(name)
        places = (process,) if name in _PLATFORMS else (process, source.values)
        found = next(
            (text for place in places if (text := _lookup(place, variable)) is not None), ""
        )
        if found:
            merged[variable] = found
    return merged


def resolve(values: Mapping[str, str], identity: "TokenCredential") -> dict[str, str]:
    """Return the settings with their Key Vault references replaced by what they stand for.

    Raises:
        ConfigurationError: a reference cannot be read.
        NotPossibleError: its secret cannot.
    """
    resolved = dict(values)
    for name, text in values.items():
        if reference := parse_reference(text, setting=name):
            try:
                resolved[name] = read_secret(reference, identity, setting=name)
            except ConfigurationError as error:
                # No wrong setting: who runs this cannot read it.
                raise NotPossibleError(str(error)) from error
            _log.info("%s was read from %s.", name, reference.host)
    return resolved


def _azd_environment(folder: Path, process: Mapping[str, str]) -> str:
    if not (folder / AZD).is_dir():
        return ""
    if named := process.get("AZURE_ENV_NAME"):
        return named
    path = folder / AZD / "config.json"
    if not path.is_file():
        return ""
    chosen = _json(path, _text(path)).get("defaultEnvironment")
    return chosen if isinstance(chosen, str) else ""


def _read(path: Path) -> dict[str, str]:
    text = _text(path)
    if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
        return _local_settings(path, text)
    try:
        return parse_dotenv(text)
    except ValueError as error:
        raise NotPossibleError(
            f"{path} cannot be read: {error}. It is expected to hold lines of that form, or the "
            f"JSON of {LOCAL_SETTINGS}."
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NotPossibleError(f"{path} cannot be read: {reason}.") from None
    except UnicodeDecodeError:
        raise NotPossibleError(f"{path} cannot be read: it is not text in UTF-8.") from None


def _local_settings(path: Path, text: str) -> dict[str, str]:
    content = _json(path, text)
    if str(content.get("IsEncrypted")).lower() == "true":
        raise NotPossibleError(
            f"{path} is encrypted. Run `func settings decrypt` in its folder, and try again."
        )
    values = content.get("Values")
    if not isinstance(values, dict):
        raise NotPossibleError(
            f'{path} has no "Values". See local.settings.example.json for its form.'
        )
    for name, value in values.items():
        if isinstance(value, dict | list):
            raise NotPossibleError(f"{path} holds no text for {name}. Write it in quotes.")
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _json(path: Path, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotPossibleError(f"{path} is no JSON: it cannot be read{where}.") from None
    if not isinstance(content, dict):
        raise NotPossibleError(f"{path} holds JSON that is no object.")
    return content


def _lookup(place: Mapping[str, str], variable: str) -> str | None:
    if variable in place:
        return place[variable]
    return next((text for name, text in place.items() if name.lower() == variable.lower()), None)
