"""The doctor's composition root: a Connector in, the checks in their order out.

Never looks at anything before a check is made.
"""

from functools import partial
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.environment import WHO_AM_I
from shared.adapters.freshbooks.login import WHO
from shared.adapters.freshbooks.token_endpoint import TokenEndpoint
from shared.adapters.http.service_time import DateHeader
from shared.app import Connector, needs_of
from shared.cautions import given_by
from shared.core.policies import Target
from shared.core.privileges import NOTICES, list_extra
from shared.core.scopes import SCOPES
from shared.settings import DataverseSignIn
from shared.sync.doctor import Check, Subject, left_out, own
from shared.sync.doctor.choices import (
    check_invoice_column,
    check_match_column,
    check_match_use,
    check_price_lists,
)
from shared.sync.doctor.clocks import check_clock
from shared.sync.doctor.columns import check_columns
from shared.sync.doctor.connections import check_app, check_connections, check_webhooks
from shared.sync.doctor.crm import check_currencies, check_names, check_schema, check_sign_in
from shared.sync.doctor.histories import check_histories
from shared.sync.doctor.notices import check_notices
from shared.sync.doctor.privileges import check_bypass, check_privileges
from shared.sync.doctor.reconciled import check_reconciled
from shared.sync.doctor.rows import check_rows
from shared.sync.doctor.settings import check_settings
from shared.sync.doctor.totals import check_totals
from shared.sync.doctor.waiting import check_circuits, check_waiting

STORAGE: Final = "AzureWebJobsStorage"
_READS_FRESHBOOKS: Final = (Subject.KEY_VAULT, Subject.TABLES, Subject.CONNECTIONS)


# Whether a currency has its price list is asked of a table of the Sales app.
_FOR_PRICES: Final = (Subject.SCHEMA, Subject.PRICE_LISTS)
# What concerns rows of the table invoice alone.
_OF_INVOICES: Final = (Subject.INVOICE_FIELD, Subject.PRICE_LISTS, Subject.TOTALS)


def list_checks(app: Connector) -> list[Check]:
    """Return everything the doctor looks at."""
    checks = [*_own(app), *_clocks(app), *_freshbooks(app), *_dataverse(app), _reconciled(app)]
    if app.settings.target is Target.RECORD:
        return checks
    reason = "with TARGET=activity there are no rows of invoices that it could concern"
    return [left_out(each, reason) if each.subject in _OF_INVOICES else each for each in checks]


def _own(app: Connector) -> list[Check]:
    settings, world = app.settings, app.world
    by_identity = () if settings.storage_connection_string else (Subject.AZURE,)
    return [
        Check(Subject.SETTINGS, lambda: check_settings(given_by(app.settings))),
        Check(Subject.AZURE, lambda: own.check_azure(world.azure_sign_in)),
        Check(
            Subject.KEY_VAULT,
            lambda: own.check_vault(world.secrets, world.clock),
            needs=(Subject.AZURE,),
            settings="KEY_VAULT_URL",
        ),
        Check(
            Subject.QUEUE, lambda: own.check_queue(world.queue), needs=by_identity, settings=STORAGE
        ),
        Check(
            Subject.POISON_QUEUE,
            lambda: own.check_poison_queue(world.poison_queue),
            needs=(Subject.QUEUE,),
            settings=STORAGE,
        ),
        Check(
            Subject.TABLES,
            lambda: own.check_tables(world.checkpoints, world.clock),
            needs=by_identity,
            settings=STORAGE,
        ),
        Check(
            Subject.SERVED,
            lambda: own.check_served(world.queue, app.heartbeats, world.clock),
            needs=(Subject.QUEUE, Subject.TABLES),
        ),
        Check(Subject.ROWS, lambda: check_rows(world.rows), needs=(Subject.TABLES,)),
        Check(
            Subject.DEAD_LETTERS,
            lambda: own.check_dead_letters(world.dead_letters),
            needs=(Subject.TABLES,),
        ),
        Check(Subject.HELD, lambda: own.check_held(world.holds), needs=(Subject.TABLES,)),
        Check(
            Subject.CIRCUITS,
            lambda: check_circuits(app.circuits.list_open, world.clock),
            needs=(Subject.TABLES,),
        ),
        Check(
            Subject.WAITING,
            lambda: check_waiting(app.waiting_list.gather, world.clock),
            needs=(Subject.TABLES,),
        ),
    ]


def _reconciled(app: Connector) -> Check:
    return Check(
        Subject.RECONCILED,
        lambda: check_reconciled(app.settings.reconcile, app.world.checkpoints, app.world.clock),
        needs=(Subject.TABLES,),
    )


def _clocks(app: Connector) -> list[Check]:
    world = app.world
    clocks = {
        Subject.FRESHBOOKS_CLOCK: (DateHeader(world.freshbooks, WHO), "FRESHBOOKS_API_URL"),
        Subject.DATAVERSE_CLOCK: (DateHeader(world.dataverse, WHO_AM_I), "DATAVERSE_URL"),
    }
    return [
        Check(subject, partial(check_clock, subject, world.clock, clock), settings=setting)
        for subject, (clock, setting) in clocks.items()
    ]


def _freshbooks(app: Connector) -> list[Check]:
    return [
        Check(
            Subject.FRESHBOOKS_APP,
            lambda: check_app(_token_endpoint(app).knows_app),
            settings="FRESHBOOKS_API_URL",
        ),
        Check(
            Subject.CONNECTIONS,
            lambda: check_connections(app.connections.list_statuses, SCOPES),
            needs=(Subject.KEY_VAULT, Subject.TABLES, Subject.FRESHBOOKS_APP),
        ),
        Check(
            Subject.WEBHOOKS,
            lambda: check_webhooks(app.connections.inspect_webhooks, app.settings.public_url),
            needs=(Subject.CONNECTIONS,),
            settings="FRESHBOOKS_API_URL",
        ),
        Check(
            Subject.HISTORIES,
            lambda: check_histories(app.backfills.histories),
            needs=(Subject.TABLES,),
        ),
    ]


def _token_endpoint(app: Connector) -> TokenEndpoint:
    settings = app.settings
    return TokenEndpoint(
        app.world.freshbooks,
        client_id=settings.freshbooks_client_id,
        client_secret=settings.freshbooks_client_secret.get_secret_value(),
        redirect_uri=settings.freshbooks_redirect_uri,
        clock=app.world.clock,
    )


def _dataverse(app: Connector) -> list[Check]:
    environment, target = app.environment, app.settings.target
    priced = target is Target.RECORD
    needs = [need for need in needs_of(app.settings) if need not in NOTICES]
    by_secret = app.settings.dataverse_sign_in is DataverseSignIn.CLIENT_SECRET
    # With a secret the terminal is the app itself to Dataverse.
    known = None if by_secret else app.settings.app_identity_client_id
    application = UUID(known) if known else None
    signed_in = (Subject.SIGN_IN,)
    return [
        Check(
            Subject.SIGN_IN,
            lambda: check_sign_in(environment, application=application),
            needs=() if by_secret else (Subject.AZURE,),
            settings="DATAVERSE_URL",
        ),
        Check(
            Subject.PRIVILEGES,
            lambda: check_privileges(environment, needs, application=application),
            needs=signed_in,
        ),
        Check(
            Subject.SCHEMA,
            lambda: check_schema(environment, app.customizing.schema, target),
            needs=signed_in,
        ),
        *_choices(app),
        Check(
            Subject.CURRENCIES,
            lambda: check_currencies(
                app.freshbooks,
                _businesses(app),
                app.crm,
                environment,
                chosen=app.settings.price_lists if priced else (),
                target=target,
            ),
            needs=(*_READS_FRESHBOOKS, *signed_in, *(_FOR_PRICES if priced else ())),
            settings="FRESHBOOKS_API_URL, DATAVERSE_URL",
        ),
        Check(
            Subject.TOTALS,
            lambda: check_totals(app.freshbooks, _businesses(app), app.crm, environment),
            needs=(Subject.CURRENCIES,),
            settings="FRESHBOOKS_API_URL, DATAVERSE_URL",
        ),
        Check(Subject.NAMES, lambda: check_names(environment), needs=signed_in),
        Check(
            Subject.NOTICES,
            lambda: check_notices(
                app.settings.notices, environment, NOTICES, application=application
            ),
            needs=signed_in,
        ),
        Check(
            Subject.BYPASS,
            lambda: check_bypass(
                environment, list_extra(app.settings.backfill_bypass), application=application
            ),
            needs=signed_in,
        ),
    ]


def _choices(app: Connector) -> list[Check]:
    settings, environment = app.settings, app.environment
    field = settings.match_field
    column = Check(
        Subject.MATCH_FIELD,
        lambda: [check_match_column(field, environment)],
        needs=(Subject.SIGN_IN,),
    )
    invoice_column = Check(
        Subject.INVOICE_FIELD,
        lambda: [check_invoice_column(settings.match_invoice_field, environment)],
        needs=(Subject.SIGN_IN,),
    )
    columns = Check(
        Subject.COLUMNS,
        lambda: check_columns(settings.chosen_columns, environment),
        needs=(Subject.SIGN_IN,),
    )
    lists = Check(
        Subject.PRICE_LISTS,
        lambda: check_price_lists(settings.price_lists, app.crm, environment),
        needs=(Subject.SIGN_IN,),
        mender="A Sales administrator mends it in Dynamics.",
    )
    if field is None:
        return [column, invoice_column, columns, lists]
    use = Check(
        Subject.MATCH_FIELD,
        lambda: check_match_use(field, app.freshbooks, _businesses(app)),
        needs=_READS_FRESHBOOKS,
    )
    return [column, use, invoice_column, columns, lists]


def _businesses(app: Connector) -> list[str]:
    return [business.id for business in app.businesses.list_all()]
