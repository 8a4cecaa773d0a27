"""The doctor's composition root: a Connector in, the checks in their order out.

Never looks at anything before a check is made.
"""

from functools import partial

from shared.adapters.dataverse.environment import WHO_AM_I
from shared.adapters.freshbooks.login import SCOPES, WHO
from shared.adapters.http.service_time import DateHeader
from shared.app import Connector
from shared.core.policies import DeletedPolicy
from shared.core.privileges import list_needs
from shared.sync.doctor import Check, Subject, own
from shared.sync.doctor.clocks import check_clock
from shared.sync.doctor.connections import check_connections, check_webhooks
from shared.sync.doctor.crm import check_currencies, check_names, check_schema, check_sign_in
from shared.sync.doctor.privileges import check_privileges


def list_checks(app: Connector) -> list[Check]:
    """Return everything the doctor looks at."""
    return [*_own(app), *_clocks(app), *_freshbooks(app), *_dataverse(app)]


def _own(app: Connector) -> list[Check]:
    settings, world = app.settings, app.world
    return [
        Check(
            Subject.SETTINGS,
            lambda: own.check_settings(
                public_url=settings.public_url, redirect_uri=settings.freshbooks_redirect_uri
            ),
        ),
        Check(Subject.KEY_VAULT, lambda: own.check_vault(world.secrets, world.clock)),
        Check(Subject.QUEUE, lambda: own.check_queue(world.queue)),
        Check(
            Subject.POISON_QUEUE,
            lambda: own.check_poison_queue(world.poison_queue),
            needs=(Subject.QUEUE,),
        ),
        Check(Subject.TABLES, lambda: own.check_tables(world.checkpoints, world.clock)),
        Check(
            Subject.SERVED,
            lambda: own.check_served(world.queue, app.heartbeats, world.clock),
            needs=(Subject.QUEUE, Subject.TABLES),
        ),
        Check(
            Subject.DEAD_LETTERS,
            lambda: own.check_dead_letters(world.dead_letters),
            needs=(Subject.TABLES,),
        ),
        Check(Subject.HELD, lambda: own.check_held(world.holds), needs=(Subject.TABLES,)),
    ]


def _clocks(app: Connector) -> list[Check]:
    world = app.world
    clocks = {
        Subject.FRESHBOOKS_CLOCK: DateHeader(world.freshbooks, WHO),
        Subject.DATAVERSE_CLOCK: DateHeader(world.dataverse, WHO_AM_I),
    }
    return [
        Check(subject, partial(check_clock, subject, world.clock, clock))
        for subject, clock in clocks.items()
    ]


def _freshbooks(app: Connector) -> list[Check]:
    return [
        Check(
            Subject.CONNECTIONS,
            lambda: check_connections(app.connections.list_statuses, SCOPES),
            needs=(Subject.KEY_VAULT, Subject.TABLES),
        ),
        Check(
            Subject.WEBHOOKS,
            lambda: check_webhooks(app.connections.inspect_webhooks, app.settings.public_url),
            needs=(Subject.CONNECTIONS,),
        ),
    ]


def _dataverse(app: Connector) -> list[Check]:
    environment = app.environment
    needs = list_needs(deletes=app.settings.deleted_records is DeletedPolicy.DELETE)
    signed_in = (Subject.SIGN_IN,)
    return [
        Check(Subject.SIGN_IN, lambda: check_sign_in(environment)),
        Check(Subject.PRIVILEGES, lambda: check_privileges(environment, needs), needs=signed_in),
        Check(Subject.SCHEMA, lambda: check_schema(environment, app.schema), needs=signed_in),
        Check(
            Subject.CURRENCIES,
            lambda: check_currencies(
                app.freshbooks,
                [business.id for business in app.businesses.list_all()],
                app.crm,
                environment,
            ),
            needs=(Subject.KEY_VAULT, Subject.TABLES, Subject.CONNECTIONS, *signed_in),
        ),
        Check(Subject.NAMES, lambda: check_names(environment), needs=signed_in),
    ]
