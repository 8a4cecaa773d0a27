"""Does Dataverse show what FreshBooks holds? Asked of both services, without the connector.

Written from the table of states, docs/states.md. Never imports the connector, so that a mistake of
it cannot hide here.
"""

from sandbox.check.asking import count, differences
from sandbox.check.policies import Policies, Told

__all__ = ["Policies", "Told", "count", "differences"]
