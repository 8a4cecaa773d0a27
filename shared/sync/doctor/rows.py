"""Check of the rows the connector keeps for itself: can this release read each of them.

Never mends one, and never shows what it holds.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from shared.core.connections import CONNECT
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports.doctor import StoredRows, TableSurvey

MOST_ROWS: Final = 20_000  # of each table; the journal may have millions
_MOST_SHOWN: Final = 5
_BY_ITSELF: Final = "Nobody has to do anything: "
_DELETE: Final = (
    "Where another release wrote it, deploy that one again; otherwise "
    "`python -m shared rows delete TABLE PARTITION KEY` removes it."
)
# By table: what it means that a row cannot be read, and who has to do what.
_MEANINGS: Final[Mapping[str, str]] = {
    "accounts": f"That FreshBooks account is not synced until it is mended. {CONNECT}",
    "registrations": (
        f"{_BY_ITSELF}FreshBooks is told to repeat what it reports there, and the app registers "
        "the webhook anew within ten minutes."
    ),
    "consents": f"{_BY_ITSELF}a connection that was being made is started again.",
    "holds": (
        "What waits goes on waiting. `python -m shared held` lists it, and a decision ends it."
    ),
    "deadletters": (
        "`python -m shared dead-letters` lists it by its key; it is retried or dismissed there."
    ),
    "checkpoints": f"{_BY_ITSELF}the next poll reads more and writes it anew.",
    "circuits": f"{_BY_ITSELF}one record tries what it stopped, and writes it anew.",
    "claims": f"{_BY_ITSELF}whoever made that account is done within minutes.",
    "leases": f"{_BY_ITSELF}ten minutes after it was written it is taken over.",
    "shares": f"{_BY_ITSELF}it counts as a process that sends until it is forgotten in a minute.",
    "runs": (
        "A page is carried once more by itself; a backfill that cannot be read ends there and is "
        "begun anew with `python -m shared backfill`."
    ),
    "journal": f"{_BY_ITSELF}what it is about is read once more.",
}


def check_rows(rows: StoredRows) -> Iterator[Finding]:
    """Read the rows of every table, count them by version and name those that are damaged."""
    surveys = list(rows.survey(most=MOST_ROWS))
    damaged = [survey for survey in surveys if survey.unreadable]
    for survey in damaged:
        yield _finding(survey)
    if not damaged:
        yield Finding(
            Level.OK, Subject.ROWS, f"All that were read can be read. {_counted(surveys)}"
        )


def _finding(survey: TableSurvey) -> Finding:
    named = "; ".join(
        f"{row.partition}/{row.key} ({row.why})" for row in survey.unreadable[:_MOST_SHOWN]
    )
    more = len(survey.unreadable) - _MOST_SHOWN
    return Finding(
        # Without its row an account is not synced; everything else goes on, or is mended.
        Level.FAILURE if survey.table == "accounts" else Level.WARNING,
        Subject.ROWS,
        f"{survey.table}: {len(survey.unreadable)} cannot be read: {named}"
        + (f"; and {more} more." if more > 0 else "."),
        f"{_MEANINGS[survey.table]} {_DELETE}",
    )


def _counted(surveys: list[TableSurvey]) -> str:
    versions: Counter[int] = Counter()
    for survey in surveys:
        versions.update(survey.versions)
    by_version = ", ".join(
        f"{count} of version {version}" if version else f"{count} from before versions"
        for version, count in sorted(versions.items(), reverse=True)
    )
    partly = [survey.table for survey in surveys if not survey.whole]
    extent = f" Only the first {MOST_ROWS:,} were read of: {', '.join(partly)}." if partly else ""
    return f"Rows: {by_version or 'none'}.{extent}"
