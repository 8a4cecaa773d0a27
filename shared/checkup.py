"""The doctor's composition root: a Connector in, the checks in their order out.

Never looks at anything before a check is made.
"""

from functools import partial

from shared.adapters.dataverse.environment import WHO_AM_I
from shared.adapters.freshbooks.login import SCOPES, WHO
from shared.adapters.http.service_time import DateHeader
from shared.app import Connector
from shared.core.connections import by_connection
from shared.core.policies import DeletedPolicy
from shared.errors import ReconnectNeededError
from shared.sync.doctor import Check, Subject, own
from shared.sync.doctor.clocks import check_clock
from shared.sync.doctor.connections import check_connections, check_webhooks
from shared.sync.doctor.crm import check_currencies, check_names, check_schema, check_sign_in
from shared.sync.doctor.privileges import check_privileges, list_needs
from shared.sync.ports.doctor import CallbackState, Connection, ConnectionState


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
            lambda: check_connections(lambda: _connections(app), SCOPES),
            needs=(Subject.KEY_VAULT, Subject.TABLES),
        ),
        Check(
            Subject.WEBHOOKS,
            lambda: check_webhooks(lambda: _callbacks(app), app.settings.public_url),
            needs=(Subject.CONNECTIONS,),
        ),
    ]


def _connections(app: Connector) -> list[Connection]:
    found = []
    for connection, businesses in by_connection(app.businesses.list_all()).items():
        chain = app.tokens.chain(connection)
        refused = ""
        try:
            chain.keep_warm()
        except ReconnectNeededError as error:
            refused = str(error)
        state = chain.get_state()
        # The chain's own note knows nothing of tokens that are gone from the vault.
        lost = refused and state.state == "connected"
        found.append(
            Connection(
                businesses=tuple(each.id for each in businesses),
                state=ConnectionState.RECONNECT_NEEDED if lost else ConnectionState(state.state),
                reason=state.reason or refused,
                expires_at=state.expires_at,
                scope=state.scope,
            )
        )
    return found


def _callbacks(app: Connector) -> list[CallbackState]:
    return [
        CallbackState(business=each.business, noun=each.noun, state=each.state, uri=each.uri)
        for business in app.businesses.list_all()
        for each in app.webhooks.look(business.id)
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
