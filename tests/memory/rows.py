"""The connector's stored rows where there are no tables.

Never outlives its test.
"""

from collections.abc import Iterator

from shared.errors import NotPossibleError
from shared.sync.ports.doctor import StoredRows, TableSurvey
from tests.memory.breakable import Breakable


class MemoryRows(Breakable, StoredRows):
    """Surveys as a test puts them there."""

    def __init__(self, *surveys: TableSurvey) -> None:
        super().__init__()
        self.surveys = list(surveys)

    def survey(self, *, most: int) -> Iterator[TableSurvey]:
        self._called(self.survey, most)
        yield from list(self.surveys)

    def delete_unreadable(self, table: str, partition: str, key: str) -> None:
        self._called(self.delete_unreadable, table, partition, key)
        for survey in self.surveys:
            for row in survey.unreadable:
                if (row.table, row.partition, row.key) == (table, partition, key):
                    self.surveys.remove(survey)
                    return
        raise NotPossibleError(f"The table {table} has no row {partition}/{key}.")
