"""Does Dataverse show what FreshBooks holds? Asked of both services, without the connector.

Never imports the connector, so that a mistake of it cannot hide here.
"""

from sandbox.check.compare import count, differences

__all__ = ["count", "differences"]
