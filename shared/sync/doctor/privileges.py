"""Check of what the application user's security roles allow, against what the connector does.

Never takes what could not be determined for granted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from shared.core.privileges import DEPTH_NAMES, ROLE, Depth, Privilege, Right, TableNeed, reaches
from shared.errors import ConnectorError
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports.doctor import Environment

_BYPASS_ADVICE: Final = (
    "The Power Platform administrator grants it with `python -m shared schema apply`, or sets "
    "BACKFILL_BYPASS=flows. Until then histories start the firm's own plug-ins and workflows, and "
    "are carried over all the same."
)


def check_privileges(
    environment: Environment, needs: Sequence[TableNeed], *, application: UUID | None = None
) -> Iterator[Finding]:
    """Compare what is needed with what is held.

    Args:
        environment: Dataverse.
        needs: what the connector does.
        application: the app's client id, whose user it is about; None for whoever is signed in.
    """
    try:
        user: UUID | None = environment.get_identity().user
        if application is not None:
            user = environment.find_application_user(application)
        if user is None:
            yield Finding(
                Level.FAILURE,
                Subject.PRIVILEGES,
                f"The app (application {application}) is no enabled user of this environment.",
                "The Power Platform administrator makes it one, with the security role "
                f"{ROLE}: docs/dataverse.md.",
            )
            return
        defined = environment.list_privileges([need.table for need in needs])
        names = {name for need in needs for name in _names(need, defined).values()}
        held = environment.list_held(user, sorted(names))
    except ConnectorError as error:
        yield Finding(
            Level.WARNING,
            Subject.PRIVILEGES,
            f"They could not be determined: {error}",
            "The Power Platform administrator compares the application user's security role with "
            "docs/reference.md.",
        )
        return
    yield from list_gaps(needs, defined, held)


def check_bypass(
    environment: Environment, extra: Sequence[Privilege], *, application: UUID | None = None
) -> Iterator[Finding]:
    """Look whether privileges are held without which all is carried over, history with its logic.

    Args:
        environment: Dataverse.
        extra: those privileges.
        application: the app's client id, whose user it is about; None for whoever is signed in.
    """
    names = [each.name for each in extra]
    try:
        user: UUID | None = environment.get_identity().user
        if application is not None:
            user = environment.find_application_user(application)
        held = environment.list_held(user, names) if names and user is not None else {}
    except ConnectorError as error:
        yield Finding(
            Level.WARNING,
            Subject.BYPASS,
            f"Whether {', '.join(names)} is held could not be determined: {error}",
            _BYPASS_ADVICE,
        )
        return
    if lacking := [name for name in names if name not in held]:
        text = f"The application user lacks {', '.join(lacking)}, which BACKFILL_BYPASS=all takes."
        yield Finding(Level.WARNING, Subject.BYPASS, text, _BYPASS_ADVICE)
    else:
        text = "History leaves out what BACKFILL_BYPASS names." if names else "None are asked for."
        yield Finding(Level.OK, Subject.BYPASS, text)


def list_gaps(
    needs: Sequence[TableNeed],
    defined: Mapping[str, Mapping[str, str] | None],
    held: Mapping[str, str],
) -> Iterator[Finding]:
    """Yield what is missing, what reaches too few rows, and what is not known.

    Args:
        needs: what the connector does.
        defined: by table, the names of its privileges by right.
        held: depth of the privileges the application user holds.
    """
    missing, shallow = [], []
    for need in needs:
        for right, name in _names(need, defined).items():
            depth = held.get(name)
            if depth is None:
                missing.append(f"{right} on {need.table} ({name})")
            elif not reaches(depth, need.depths[right]):
                shallow.append(f"{right} on {need.table} ({_named(depth)})")
    unknown = [need.table for need in needs if need.own and not defined.get(need.table)]
    if missing:
        yield Finding(
            Level.FAILURE,
            Subject.PRIVILEGES,
            f"The application user lacks {', '.join(missing)}.",
            f"The Power Platform administrator gives it the security role {ROLE}, which "
            "`python -m shared schema apply` makes.",
        )
    if shallow:
        yield Finding(
            Level.WARNING,
            Subject.PRIVILEGES,
            f"Not for all rows: {', '.join(shallow)}. Rows of other owners or business units are "
            "not seen, and their clients count as unmatched.",
            "The Power Platform administrator grants these for the whole organization.",
        )
    if unknown:
        yield Finding(
            Level.WARNING,
            Subject.PRIVILEGES,
            f"They could not be determined for {', '.join(unknown)}: Dataverse names none.",
            "See what is said of the Dataverse schema, then run the doctor again.",
        )
    if not missing and not shallow and not unknown:
        count = sum(len(_names(need, defined)) for need in needs)
        text = f"All {count} that are needed are held."
        yield Finding(Level.OK, Subject.PRIVILEGES, text)


def _named(depth: str) -> str:
    return DEPTH_NAMES[Depth(depth)] if depth in list(Depth) else depth


def _names(need: TableNeed, defined: Mapping[str, Mapping[str, str] | None]) -> dict[Right, str]:
    """Return the needed privileges by right; a right the table does not know is not needed."""
    known = defined.get(need.table) or {}
    return {right: known[right] for right in need.rights if right in known}
