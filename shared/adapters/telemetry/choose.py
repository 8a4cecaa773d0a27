"""Which telemetry there is: the log's lines, or spans and metrics as well.

Never lets telemetry stop the connector: without OpenTelemetry there are the lines.
"""

from typing import TYPE_CHECKING

from shared.adapters.telemetry.logs import Logs
from shared.core.lines import Need, Trouble

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


def telemetry(connection_string: str | None, credential: "TokenCredential") -> Logs:
    """Return the telemetry of this process.

    Args:
        connection_string: of the Application Insights resource to export to; None for the lines
            alone.
        credential: signs in there.
    """
    if connection_string is None:
        return Logs()
    try:
        from shared.adapters.telemetry.spans import Spans, exporting

        return Spans(*exporting(connection_string, credential))
    except (ImportError, ValueError) as error:
        logs = Logs()
        logs.count(
            Trouble(
                what=Need.SETTINGS,
                text="TELEMETRY=opentelemetry cannot be had "
                f"({type(error).__name__}); there are only lines in the log. The administrator "
                "checks APPLICATIONINSIGHTS_CONNECTION_STRING and that the deployed package has "
                "the packages of requirements.txt.",
            )
        )
        return logs
