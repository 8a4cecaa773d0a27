"""Every setting of the connector; the only module that reads the environment.

Never decides and never connects; `Settings.load` names everything that is missing in one error.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from shared.core.policies import DeletedPolicy, UnmatchedPolicy
from shared.errors import ConfigurationError


class DataverseSignIn(StrEnum):
    """How the connector signs in to Dataverse."""

    MANAGED_IDENTITY = "managed-identity"
    CLIENT_SECRET = "client-secret"  # noqa: S105  # the name of a way, not a secret


class TelemetryMode(StrEnum):
    """What the connector tells of itself."""

    LOGS = "logs"
    OPENTELEMETRY = "opentelemetry"


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("must be an address such as https://example.org")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise ValueError("must start with https://")
    return value


def _as_listed(value: str) -> str:
    # FreshBooks may list an address in its plain spelling; our webhooks are known again by it.
    parts = urlsplit(value)
    host = parts.netloc.lower()
    if parts.scheme == "https":
        host = host.removesuffix(":443")
    return parts._replace(netloc=host).geturl()


ToTheLetter = Annotated[str, AfterValidator(_address)]
Address = Annotated[ToTheLetter, AfterValidator(lambda value: value.rstrip("/"))]
PublicAddress = Annotated[Address, AfterValidator(_as_listed)]


class Settings(BaseModel):
    """The connector's settings, read from the environment by upper-case field name."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    freshbooks_client_id: str = Field(min_length=1, description="The FreshBooks app's client id.")
    freshbooks_client_secret: SecretStr = Field(
        min_length=1, description="Its client secret; in Azure a Key Vault reference."
    )
    freshbooks_redirect_uri: ToTheLetter = Field(
        description="The redirect URI registered with the app, to the letter."
    )
    dataverse_url: Address = Field(
        description="The environment, such as https://org.crm.dynamics.com."
    )
    key_vault_url: Address = Field(
        description="The vault that holds FreshBooks' tokens and the webhook verifiers."
    )
    public_url: PublicAddress = Field(
        description="Where FreshBooks reaches this app, such as https://app.azurewebsites.net."
    )
    storage_connection_string: SecretStr | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage",
        description="Storage for queues and tables, locally; in Azure the two addresses below.",
    )
    storage_queue_url: Address | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__queueServiceUri",
        description="Queue service, reached with the managed identity.",
    )
    storage_table_url: Address | None = Field(
        default=None,
        validation_alias="AzureWebJobsStorage__tableServiceUri",
        description="Table service, reached with the managed identity.",
    )
    azure_client_id: str | None = Field(
        default=None,
        description="Client id of the user-assigned managed identity, if there is one.",
    )
    dataverse_sign_in: DataverseSignIn = Field(
        default=DataverseSignIn.MANAGED_IDENTITY,
        description="managed-identity (no secret) or client-secret.",
    )
    dataverse_tenant_id: str | None = Field(
        default=None, description="Entra tenant, with client-secret."
    )
    dataverse_client_id: str | None = Field(
        default=None, description="App registration, with client-secret."
    )
    dataverse_client_secret: SecretStr | None = Field(
        default=None, description="Its secret, with client-secret."
    )
    operator_role: str = Field(
        default="",
        description="App role of those who may use the connector's pages when they are signed in "
        "by Easy Auth; without it only links made in the terminal open them.",
    )
    easy_auth: bool = Field(
        default=False,
        validation_alias="WEBSITE_AUTH_ENABLED",
        description="Set by the platform: Easy Auth stands before the app.",
    )
    entra_authority: Address = Field(
        default="https://login.microsoftonline.com", description="Entra's address."
    )
    freshbooks_api_url: Address = Field(
        default="https://api.freshbooks.com", description="FreshBooks' API."
    )
    freshbooks_auth_url: Address = Field(
        default="https://auth.freshbooks.com", description="FreshBooks' consent page."
    )
    unmatched_clients: UnmatchedPolicy = Field(
        default=UnmatchedPolicy.HOLD,
        description="A client that fits no account: hold it for a decision, or create an account.",
    )
    match_client_field: str = Field(
        default="",
        pattern=r"^$|^(vat_number|email|organization|phone):[a-z][a-z0-9_]{0,99}$",
        description="A client field and the account column it equals, such as "
        "vat_number:accountnumber; looked at before the name.",
    )
    deleted_records: DeletedPolicy = Field(
        default=DeletedPolicy.CANCEL,
        description="Rows of a record FreshBooks deleted: cancel, delete or keep them.",
    )
    price_lists: dict[str, str] = Field(
        default_factory=dict,
        description="Price list by currency, such as USD=Retail;CAD=Retail Canada; needed only "
        "where a currency has several active ones.",
    )
    poll_overlap_days: int = Field(
        default=2, ge=1, le=30, description="Days a poll looks back behind its checkpoint."
    )
    poll_max_backlog: int = Field(
        default=1000,
        ge=1,
        description="A poll waits while more messages than this are queued.",
    )
    balance_delay_seconds: float = Field(
        default=5,
        ge=0,
        le=300,
        description="How long changes of a client's records are collected before its account's "
        "balances are refreshed.",
    )
    max_attempts: int = Field(
        default=8, ge=1, le=100, description="Tries before a record becomes a dead letter."
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

    @field_validator("*", mode="before")
    @classmethod
    def _resolved(cls, value: Any) -> Any:
        # Azure hands over the reference itself when it cannot read the secret. Taken for one, it
        # would sign links, cookies and the addresses of webhooks, and it can be guessed.
        if isinstance(value, str) and value.startswith("@Microsoft.KeyVault("):
            raise ValueError(
                "is a Key Vault reference that Azure could not resolve: check the secret's name, "
                "and that the app's identity has the role 'Key Vault Secrets User'"
            )
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.storage_connection_string and not (
            self.storage_queue_url and self.storage_table_url
        ):
            raise ValueError(
                "AzureWebJobsStorage is missing, or AzureWebJobsStorage__queueServiceUri and "
                "AzureWebJobsStorage__tableServiceUri"
            )
        if (
            self.telemetry is TelemetryMode.OPENTELEMETRY
            and not self.applicationinsights_connection_string
        ):
            raise ValueError(
                "TELEMETRY=opentelemetry also needs APPLICATIONINSIGHTS_CONNECTION_STRING"
            )
        if self.dataverse_sign_in is DataverseSignIn.CLIENT_SECRET:
            missing = [
                name.upper()
                for name in (
                    "dataverse_tenant_id",
                    "dataverse_client_id",
                    "dataverse_client_secret",
                )
                if not getattr(self, name)
            ]
            if missing:
                raise ValueError(f"DATAVERSE_SIGN_IN=client-secret also needs {', '.join(missing)}")
        return self

    @property
    def connect_url(self) -> str:
        """Where a browser begins to connect FreshBooks: beside the redirect URI.

        The cookie that binds the consent to the browser has to come back there.
        """
        return self.freshbooks_redirect_uri.rstrip("/").removesuffix("/callback")

    @property
    def match_field(self) -> tuple[str, str] | None:
        """The client field and account column of `MATCH_CLIENT_FIELD`, None when not set."""
        field, _, column = self.match_client_field.partition(":")
        return (field, column) if column else None

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings.

        Args:
            environment: variables to read; None reads those of the process.

        Raises:
            ConfigurationError: names every missing or wrong setting, never its value.
        """
        variables = os.environ if environment is None else environment  # noqa: TID251  # the one place
        raw: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            variable = variable_name(name)
            if variables.get(variable):
                raw[str(field.validation_alias or name)] = _parsed(name, variables[variable])
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise ConfigurationError(_explain(error)) from None


_LIST_SETTINGS: Final = {"price_lists"}


def variable_name(field: str) -> str:
    """Return the environment variable of a field."""
    return str(Settings.model_fields[field].validation_alias or field.upper())


def _parsed(name: str, text: str) -> Any:
    if name not in _LIST_SETTINGS:
        return text
    pairs = (item.partition("=") for item in text.split(";") if item.strip())
    return {code.strip().upper(): value.strip() for code, _, value in pairs}


def _explain(error: ValidationError) -> str:
    missing, wrong = [], []
    for problem in error.errors(include_url=False, include_input=False):
        where = str(problem["loc"][0]) if problem["loc"] else ""
        variable = variable_name(where) if where in Settings.model_fields else where
        if problem["type"] in {"missing", "string_too_short", "too_short"}:
            missing.append(variable)
        elif variable:
            wrong.append(f"{variable} {problem['msg'].removeprefix('Value error, ')}")
        else:
            wrong.append(problem["msg"].removeprefix("Value error, "))
    parts = []
    if missing:
        parts.append("missing: " + ", ".join(sorted(missing)))
    if wrong:
        parts.append("wrong: " + "; ".join(sorted(wrong)))
    return (
        f"The settings are not complete ({'; '.join(parts)}). Set them in the Function App's "
        "environment variables, locally in local.settings.json."
    )
