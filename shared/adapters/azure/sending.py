"""How the SDKs of tables and queues send: over a session that looks at its machine once.

Never retries: the SDKs' own policies do.
"""

from typing import TYPE_CHECKING

from shared.adapters.http.authorities import authorities

if TYPE_CHECKING:
    from azure.core.pipeline.transport import RequestsTransport


def transport(*, connection_timeout: float, read_timeout: float) -> "RequestsTransport":
    """Return a transport for one client.

    Args:
        connection_timeout: seconds.
        read_timeout: seconds for each piece of an answer.
    """
    from azure.core.pipeline.transport import RequestsTransport

    from shared.adapters.http.steady import SteadySession

    return RequestsTransport(
        session=SteadySession(),
        connection_verify=authorities(),
        connection_timeout=connection_timeout,
        read_timeout=read_timeout,
    )
