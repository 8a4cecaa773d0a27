"""Every setting of the connector; the only module that reads the environment.

Never decides and never connects; `Settings.load` names everything that is missing in one error.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)

from shared.azure_access import AzureAccess, ClientId
from shared.chosen_columns import choose_columns
from shared.core.columns import DEFAULTS, Columns
from shared.core.policies import (
    BackfillPolicy,
    BypassPolicy,
    DeletedPolicy,
    DraftPolicy,
    ExistingPolicy,
    ExpensePolicy,
    NoticePolicy,
    OwnerPolicy,
    ReconcilePolicy,
    Target,
    UnmatchedPolicy,
)
from shared.errors import ConfigurationError
from shared.notation import addresses, lists, storage, texts, together
from shared.notation.names import list_misspelt
from shared.notation.problems import read_problems, variable_of


class DataverseSignIn(StrEnum):
    """How the connector signs in to Dataverse."""

    MANAGED_IDENTITY = "managed-identity"
    CLIENT_SECRET = "client-secret"  # noqa: S105  # the name of a way, not a secret


class TelemetryMode(StrEnum):
    """What the connector tells of itself."""

    LOGS = "logs"
    OPENTELEMETRY = "opentelemetry"


# The host on a laptop sets the first one, Azure the second, and perhaps the first as well.
_HOSTED: Final = ("FUNCTIONS_WORKER_RUNTIME", "WEBSITE_SITE_NAME")

OneWord = Annotated[str, AfterValidator(texts.one_word)]
Service = Annotated[str, AfterValidator(addresses.service)]


class Settings(AzureAccess):
    """The connector's settings, read from the environment by upper-case field name."""

    freshbooks_client_id: OneWord = Field(description="The FreshBooks app's client id.")
    freshbooks_client_secret: Annotated[SecretStr, BeforeValidator(texts.secret)] = Field(
        description="Its client secret; in Azure a Key Vault reference."
    )
    freshbooks_redirect_uri: Annotated[str, AfterValidator(addresses.redirect)] = Field(
        description="The redirect URI registered with the app, to the letter."
    )
    dataverse_url: Annotated[str, AfterValidator(addresses.environment)] = Field(
        description="The environment, such as https://org.crm.dynamics.com; the address of a page "
        "or of the Web API in it means the same."
    )
    key_vault_url: Annotated[str, AfterValidator(addresses.vault)] = Field(
        description="The vault that holds FreshBooks' tokens and the webhook verifiers, such as "
        "https://myvault.vault.azure.net."
    )
    public_url: Annotated[str, AfterValidator(addresses.public)] = Field(
        description="Where FreshBooks reaches this app, such as https://app.azurewebsites.net."
    )
    storage_connection_string: (
        Annotated[SecretStr, BeforeValidator(storage.connection_string)] | None
    ) = Field(
        default=None,
        validation_alias="AzureWebJobsStorage",
        description="Storage for queues and tables, locally; in Azure the account's name or the "
        "two addresses below.",
    )
    storage_account: Annotated[str, AfterValidator(storage.account_name)] | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__accountName",
        description="The storage account, reached with the managed identity in Azure's public "
        "cloud; its two addresses follow from it.",
    )
    storage_queue_url: Annotated[str, AfterValidator(addresses.queue_service)] | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__queueServiceUri",
        description="Queue service, reached with the managed identity.",
    )
    storage_table_url: Annotated[str, AfterValidator(addresses.table_service)] | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__tableServiceUri",
        description="Table service, reached with the managed identity.",
    )
    dataverse_sign_in: DataverseSignIn = Field(
        default=DataverseSignIn.MANAGED_IDENTITY,
        description="managed-identity: without a secret, as AZURE_SIGN_IN decides; client-secret: "
        "as an app registration, for Dataverse alone.",
    )
    dataverse_tenant_id: Annotated[str, AfterValidator(texts.tenant)] | None = Field(
        default=None, description="Entra tenant, its id or a domain of it, with client-secret."
    )
    dataverse_client_id: ClientId | None = Field(
        default=None, description="App registration, with client-secret."
    )
    dataverse_client_secret: Annotated[SecretStr, BeforeValidator(texts.entra_secret)] | None = (
        Field(default=None, description="Its secret, with client-secret.")
    )
    operator_role: Annotated[str, AfterValidator(texts.one_word)] = Field(
        default="",
        description="App role of those who may use the connector's pages when they are signed in "
        "by Easy Auth; without it only links made in the terminal open them.",
    )
    operator_tenant_id: Annotated[str, AfterValidator(texts.tenant_id)] | None = Field(
        default=None,
        description="Entra tenant whose people Easy Auth signs in, its id; nobody else is believed "
        "to be signed in, and nobody at all without it.",
    )
    easy_auth: bool = Field(
        default=False,
        validation_alias="WEBSITE_AUTH_ENABLED",
        description="Set by the platform: Easy Auth stands before the app.",
    )
    site_name: str = Field(
        default="",
        validation_alias="WEBSITE_SITE_NAME",
        description="Set by the platform: the app runs in Azure.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        validation_alias="PYTHON_THREADPOOL_THREAD_COUNT",
        description="Threads of the platform's worker, 32: webhooks and up to 24 messages at once "
        "share them, and without it there are four more than cores.",
    )
    entra_authority: Service = Field(
        default="https://login.microsoftonline.com", description="Entra's address."
    )
    freshbooks_api_url: Annotated[str, AfterValidator(addresses.freshbooks_api)] = Field(
        default="https://api.freshbooks.com", description="FreshBooks' API."
    )
    freshbooks_auth_url: Annotated[str, AfterValidator(addresses.freshbooks_auth)] = Field(
        default="https://auth.freshbooks.com", description="FreshBooks' consent page."
    )
    freshbooks_web_url: Annotated[str, AfterValidator(addresses.freshbooks_web)] = Field(
        default="https://my.freshbooks.com",
        description="FreshBooks' web app, to which the links on rows lead.",
    )
    target: Target = Field(
        default=Target.RECORD,
        description="record: an invoice is a row of the Sales app's table invoice with an entry on "
        "the timeline; activity: its entry is all there is, for an environment without the Sales "
        "app.",
    )
    unmatched_clients: UnmatchedPolicy = Field(
        default=UnmatchedPolicy.HOLD,
        description="A client that fits no account: hold it for a decision, or create an account.",
    )
    match_client_field: Annotated[str, AfterValidator(lists.match_field)] = Field(
        default="",
        description="A client field and the account column it equals, such as "
        "vat_number:accountnumber; looked at before the name.",
    )
    deleted_records: DeletedPolicy = Field(
        default=DeletedPolicy.CANCEL,
        description="Rows of a record FreshBooks deleted: cancel, delete or keep them.",
    )
    draft_invoices: DraftPolicy = Field(
        default=DraftPolicy.SKIP,
        description="Invoices the customer has not got yet: skip or show them.",
    )
    expenses: ExpensePolicy = Field(
        default=ExpensePolicy.CLIENT,
        description="client: carry over expenses that name a client; all: the firm's own as well, "
        "which belong to no account; off: none.",
    )
    existing_invoices: ExistingPolicy = Field(
        default=ExistingPolicy.ADOPT,
        description="An invoice that Sales has already, by account and number: adopt it where "
        "currency and total agree, hold it for a decision always, or ignore it and make another.",
    )
    match_invoice_field: Annotated[str, AfterValidator(lists.invoice_column)] = Field(
        default="",
        description="A column of the invoice table in which people keep FreshBooks' invoice "
        "numbers; looked at beside invoicenumber and name.",
    )
    row_owner: OwnerPolicy = Field(
        default=OwnerPolicy.ACCOUNT,
        description="Who owns the rows the connector makes: whoever owns the account, or the "
        "connector.",
    )
    notices: NoticePolicy = Field(
        default=NoticePolicy.OFF,
        description="What the owner of an account is told in the app: nothing (off), that an "
        "invoice became overdue (overdue), or that too and that one was paid (both).",
    )
    price_lists: Annotated[dict[str, str], BeforeValidator(lists.price_lists)] = Field(
        default_factory=dict,
        description="Price list by currency, such as USD=Retail;CAD=Retail Canada; needed only "
        "where a currency has several active ones.",
    )
    column_choices: str = Field(
        default="",
        description="Who owns each native column, and what else is mapped: path of a file as "
        "columns.toml is one, or its text, as TOML or as JSON on one line. Without it columns.toml "
        "in the app's folder holds.",
    )
    poll_overlap_days: int = Field(
        default=2, ge=1, le=30, description="Days a poll looks back behind its checkpoint."
    )
    poll_max_backlog: int = Field(
        default=1000,
        ge=1,
        description="Records of one business that a poll asks for at most; the next one goes on.",
    )
    backfill: BackfillPolicy = Field(
        default=BackfillPolicy.AUTOMATIC,
        description="How the history of a business that is connected comes into Sales: automatic, "
        "in bulk and at once, or manual, by `python -m shared backfill`, while polls bring it "
        "record by record.",
    )
    backfill_bypass: BypassPolicy = Field(
        default=BypassPolicy.NOTHING,
        description="What of the firm's own a backfill does not start: off, nothing is left out; "
        "flows, Power Automate's; all, also plug-ins and workflows, which needs the privilege "
        "prvBypassCustomBusinessLogic.",
    )
    balance_delay_seconds: float = Field(
        default=5,
        ge=0,
        le=300,
        description="How long changes of a client's records are collected before its account's "
        "balances are refreshed.",
    )
    reconcile: ReconcilePolicy = Field(
        default=ReconcilePolicy.FIX,
        description="What the nightly comparison of FreshBooks and Dynamics does: nothing (off), "
        "say what differs (report), or have it carried over too (fix).",
    )
    reconcile_cancel_share: float = Field(
        default=20,
        ge=0,
        le=100,
        description="The most of a business's rows of a kind, in percent, that a comparison has "
        "cancelled at once; more waits for a person's word, but for ten rows at most.",
    )
    max_attempts: int = Field(
        default=8, ge=1, le=100, description="Tries before a record becomes a dead letter."
    )
    journal_days: int = Field(
        default=400,
        ge=30,
        le=3650,
        description="Days that what happened to a record is kept; its newest state stays.",
    )
    history_per_record: int = Field(
        default=50,
        ge=1,
        le=1000,
        description="Entries of a record's history that are kept, the newest ones.",
    )
    dataverse_requests_per_second: float = Field(
        default=20,
        ge=0,
        le=1000,
        description="What all instances together send to Dataverse on average; its limit is 6,000 "
        "in five minutes for a user. 0 for no limit.",
    )
    dataverse_requests_at_once: int = Field(
        default=52,
        ge=1,
        le=1000,
        description="Requests of all instances together that Dataverse has to answer at once; its "
        "limit is 52 or higher.",
    )
    dataverse_seconds_per_second: float = Field(
        default=4,
        ge=0,
        le=1000,
        description="Seconds of execution of all instances together that Dataverse spends in a "
        "second on average; its limit is 1,200 in five minutes for a user. 0 for no limit.",
    )
    dataverse_web_servers: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Web servers of the environment: each takes as much as the three settings "
        "above say. 1 on trials; Microsoft does not tell how many there are.",
    )
    dataverse_requests_per_hint: float = Field(
        default=2,
        ge=0,
        le=100,
        description="Requests of all instances together under way for each that Dataverse advises "
        "to have (x-ms-dop-hint): some are on the wire while others are executed. 0 takes no "
        "advice.",
    )
    freshbooks_requests_per_second: float = Field(
        default=8,
        ge=0,
        le=1000,
        description="What all instances together send to FreshBooks on average; FreshBooks names "
        "no limit, and its answers have been seen to carry one of 500 a minute. 0 for no limit.",
    )
    freshbooks_requests_at_once: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Requests of all instances together that FreshBooks has to answer at once.",
    )

    telemetry: TelemetryMode = Field(
        default=TelemetryMode.LOGS,
        description="logs: a line for every unit of work; opentelemetry: spans and metrics too, "
        "for Application Insights.",
    )
    applicationinsights_connection_string: SecretStr | None = Field(
        default=None,
        description="Application Insights, where TELEMETRY=opentelemetry exports to, with the "
        "managed identity.",
    )

    _misspelt: dict[str, str] = PrivateAttr(default_factory=dict)
    _chosen_columns: Columns = PrivateAttr(default=DEFAULTS)

    @property
    def connect_url(self) -> str:
        """Where a browser begins to connect FreshBooks: beside the redirect URI.

        The cookie that binds the consent to the browser has to come back there.
        """
        return self.freshbooks_redirect_uri.rstrip("/").removesuffix("/callback")

    @property
    def in_azure(self) -> bool:
        """Whether this is the app itself, and not a terminal beside it."""
        return bool(self.site_name)

    @property
    def misspelt(self) -> Mapping[str, str]:
        """Variables that look like a setting and are none, each with the likely one or ""."""
        return self._misspelt

    @property
    def chosen_columns(self) -> Columns:
        """What `COLUMN_CHOICES` says, or the file of columns."""
        return self._chosen_columns

    @property
    def match_field(self) -> tuple[str, str] | None:
        """The client field and account column of `MATCH_CLIENT_FIELD`, None when not set."""
        field, _, column = self.match_client_field.partition(":")
        return (field, column) if column else None

    def sign_in_url(self, address: str) -> str:
        """Return where a browser has to begin to arrive at one of our pages.

        With Easy Auth before the app it answers 401 to a stranger on every page, so a link leads
        through its sign-in first; `OPERATOR_TENANT_ID` says that it is there, for the terminal is
        not told by the platform.

        Args:
            address: of the page, with its query.
        """
        if self.operator_tenant_id is None:
            return address
        parts = urlsplit(address)
        page = parts._replace(scheme="", netloc="").geturl()
        where = f"{parts.scheme}://{parts.netloc}/.auth/login/aad"
        return f"{where}?post_login_redirect_uri={quote(page, safe='')}"

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings.

        Args:
            environment: variables to read; None reads those of the process.

        Raises:
            ConfigurationError: names every missing or wrong setting, never its value.
        """
        variables = os.environ if environment is None else environment  # noqa: TID251  # the one place
        given = {name: text for name, each in variables.items() if (text := texts.trimmed(each))}
        misspelt = list_misspelt(given, [variable_name(name) for name in cls.model_fields])
        raw: dict[str, Any] = {
            str(field.validation_alias or name): given[variable_name(name)]
            for name, field in cls.model_fields.items()
            if variable_name(name) in given
        }
        missing, wrong = list(together.list_missing(given)), list(together.list_wrong(given))
        try:
            settings = cls.model_validate(together.with_addresses(raw))
        except ValidationError as error:
            lacking, refused = read_problems(cls.model_fields, error)
            missing, wrong = [*lacking, *missing], [*refused, *wrong]
        columns, unfit = choose_columns(given.get(variable_name("column_choices"), ""))
        wrong += unfit
        if missing or wrong:
            raise ConfigurationError(together.explain(missing, wrong, misspelt))
        settings._misspelt = misspelt  # noqa: SLF001  # our own, and a frozen model takes no argument for it
        settings._chosen_columns = columns  # noqa: SLF001  # likewise
        return settings


# Given by the platform alone; whoever sets them by hand says something that is not so.
PLATFORM_GIVEN: Final = frozenset(
    {"IDENTITY_ENDPOINT", "WEBSITE_AUTH_ENABLED", "WEBSITE_SITE_NAME"}
)


def process_environment() -> Mapping[str, str]:
    """Return the variables of this process."""
    return os.environ  # noqa: TID251  # the terminal lays them over what a file says


def is_hosted() -> bool:
    """Say whether a host of Functions runs this process: the one on a laptop, or Azure's."""
    return any(process_environment().get(name) for name in _HOSTED)


def variable_name(field: str) -> str:
    """Return the environment variable of a field."""
    return variable_of(field, Settings.model_fields[field])
