"""The names of the connector's own tables in Dataverse, and what all of them begin with.

Never says what is in them.
"""

from typing import Final

# Of the connector's publisher: whatever it makes in Dataverse is named by it.
PREFIX: Final = "fbx"

ACTIVITY_TABLE: Final = f"{PREFIX}_financialactivity"
CLIENT_TABLE: Final = f"{PREFIX}_client"
WAITING_TABLE: Final = f"{PREFIX}_waiting"
