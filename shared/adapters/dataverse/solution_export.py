"""The connector's solution as a file, to be carried from one environment to the next.

Never changes what is in it, and never imports one: that is what Power Apps and pipelines are for.
https://learn.microsoft.com/power-platform/alm/solution-api
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import requests

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.http.exact_json import decode_json
from shared.core import schema
from shared.core.schema_version import VERSION, Standing, standing_of
from shared.errors import ConfigurationError, RetryLaterError

_APPLY: Final = "run `python -m shared schema apply` first"


@dataclass(frozen=True)
class ExportedSolution:
    """A solution as a file.

    Attributes:
        content: the bytes of a zip archive.
    """

    version: str
    managed: bool
    content: bytes

    @property
    def name(self) -> str:
        """The file's name, as Power Apps would call it."""
        kind = "_managed" if self.managed else ""
        return f"{schema.SOLUTION}_{self.version.replace('.', '_')}{kind}.zip"


class SolutionExport:
    """Exports the connector's solution from one environment.

    Args:
        api: the environment's Web API, signed in as somebody who may customize; an export takes
            up to some minutes.
        sleep: waits.
    """

    def __init__(self, api: DataverseApi, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._changes = SchemaChanges(api, sleep=sleep)

    def export(self, *, managed: bool) -> ExportedSolution:
        """Return the solution as a file.

        Args:
            managed: for test and production, where it can be uninstalled as a whole; unmanaged for
                another environment in which people go on building.

        Raises:
            ConfigurationError: there is no solution, it is managed, or not of this release.
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        rows = self._changes.rows(schema_reads.find_solution())
        if not rows:
            raise ConfigurationError(f"There is no solution {schema.SOLUTION}: {_APPLY}.")
        version = str(rows[0].get("version"))
        if rows[0].get("ismanaged"):
            raise ConfigurationError(
                f"Solution {schema.SOLUTION} {version} is managed here, and Dataverse exports none "
                "that is: export it from the environment in which `schema apply` made it."
            )
        if standing_of(version) is not Standing.SAME:
            raise ConfigurationError(
                f"Solution {schema.SOLUTION} is of version {version}, not {VERSION}: {_APPLY}."
            )
        body = {"SolutionName": schema.SOLUTION, "Managed": managed}
        request = PureRequest("POST", "ExportSolution", {}, body)
        answer = self._changes.ask(f"solution {schema.SOLUTION}", request)
        content = _file(answer)
        if not content:
            raise RetryLaterError("Dataverse exported nothing; try again in some minutes.")
        return ExportedSolution(version, managed, content)


def _file(answer: requests.Response) -> bytes:
    """Return the file that an answer holds, nothing where it holds none."""
    try:
        body = decode_json(answer.content)
        return base64.b64decode(str(body.get("ExportSolutionFile") or ""), validate=True)
    except (AttributeError, ValueError):
        return b""
