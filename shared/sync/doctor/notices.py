"""Check of notices in the app: whether they can be made, and what nobody can see from here.

Never takes their lack for a failure: records are carried over without them.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from shared.core.policies import NoticePolicy
from shared.core.privileges import DEPTH_NAMES, ROLE, Depth, TableNeed, reaches
from shared.core.schema import NOTICE_TABLE
from shared.errors import ConnectorError
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports.doctor import Environment

_SWITCH = (
    "They are seen where a model-driven app has In-app notifications switched on, which cannot be "
    "read from here: a maker opens the app in the app designer, switches it on under Settings, "
    "Features, and publishes the app. Whoever is to see them needs Read on appnotification."
)
_ROLE_ADVICE = (
    f"The Power Platform administrator gives the app the security role {ROLE}, which "
    "`python -m shared schema apply` completes by NOTICES, or sets NOTICES=off. Until then records "
    "are carried over without notices."
)


def check_notices(
    policy: NoticePolicy,
    environment: Environment,
    needs: Sequence[TableNeed],
    *,
    application: UUID | None = None,
) -> Iterator[Finding]:
    """Look whether owners of accounts can be told in the app.

    Args:
        policy: NOTICES.
        environment: Dataverse.
        needs: what notices take.
        application: the app's client id, whose user it is about; None for whoever is signed in.
    """
    if policy is NoticePolicy.OFF:
        yield Finding(Level.OK, Subject.NOTICES, "NOTICES is off: nobody is told in the app.")
        return
    try:
        user: UUID | None = environment.get_identity().user
        if application is not None:
            user = environment.find_application_user(application)
        defined = environment.list_privileges([need.table for need in needs])
        wanted = {
            known[right]: depth
            for need in needs
            if (known := defined.get(need.table))
            for right, depth in need.depths.items()
            if right in known
        }
        held = environment.list_held(user, sorted(wanted)) if user is not None else {}
    except ConnectorError as error:
        text = f"Whether notices can be made could not be determined: {error}"
        yield Finding(Level.WARNING, Subject.NOTICES, text, _ROLE_ADVICE)
        return
    if not defined.get(NOTICE_TABLE):
        yield Finding(
            Level.WARNING,
            Subject.NOTICES,
            f"There is no table {NOTICE_TABLE} in this environment, so nobody is told in the app.",
            "The administrator sets NOTICES=off, or the Power Platform administrator has the "
            "environment updated: the table comes with the platform's AppNotifications solution.",
        )
        return
    yield _held(wanted, held)


def _held(wanted: dict[str, Depth], held: Mapping[str, str]) -> Finding:
    lacking = [
        f"{name} ({DEPTH_NAMES[depth]})"
        for name, depth in wanted.items()
        if not reaches(held.get(name), depth)
    ]
    if lacking:
        text = f"The application user lacks {', '.join(lacking)}: a notice may be refused."
        return Finding(Level.WARNING, Subject.NOTICES, text, _ROLE_ADVICE)
    return Finding(Level.OK, Subject.NOTICES, f"Owners of accounts can be told. {_SWITCH}")
