"""All open points in one table: whatever no public source settles has a check or a reason here.

Never says what was found.
"""

from typing import Final

from tools.contract_live import points_azure, points_dataverse, points_freshbooks

POINTS: Final = (*points_dataverse.POINTS, *points_freshbooks.POINTS, *points_azure.POINTS)
