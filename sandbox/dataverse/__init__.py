"""A Dataverse environment with Dynamics 365 Sales to run against: Web API v9.2 over WSGI.

Never knows the connector; it follows Microsoft's published documentation.
"""

from sandbox.dataverse.app import Dataverse
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.limits import Limits

__all__ = ["Dataverse", "DataverseError", "Limits"]
