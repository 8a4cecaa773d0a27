"""What the settings say that is allowed and most likely not meant, as the doctor's findings.

Never looks at anything but the settings.
"""

from collections.abc import Iterator

from shared.notation.together import SECRET_SIGN_IN, say_misspelt
from shared.settings import DataverseSignIn, Settings
from shared.sync.doctor import Finding
from shared.sync.doctor.settings import Given, judge


def list_cautions(settings: Settings) -> Iterator[Finding]:
    """Yield what somebody should look at again; nothing when all is well."""
    return judge(given_by(settings))


def given_by(settings: Settings) -> Given:
    """Return what the settings say, as far as the doctor judges it."""
    secret = settings.dataverse_sign_in is DataverseSignIn.CLIENT_SECRET
    sign_in = (
        settings.dataverse_tenant_id,
        settings.dataverse_client_id,
        settings.dataverse_client_secret,
    )
    return Given(
        in_azure=settings.in_azure,
        public_url=settings.public_url,
        redirect_uri=settings.freshbooks_redirect_uri,
        services={
            "DATAVERSE_URL": settings.dataverse_url,
            "KEY_VAULT_URL": settings.key_vault_url,
            "PUBLIC_URL": settings.public_url,
        },
        threads=settings.threads,
        role=bool(settings.operator_role),
        tenant=settings.operator_tenant_id is not None,
        easy_auth=settings.easy_auth,
        two_storages=settings.storage_connection_string is not None
        and any((settings.storage_account, settings.storage_queue_url, settings.storage_table_url)),
        unused=tuple(
            name
            for name, given in zip(SECRET_SIGN_IN, sign_in, strict=True)
            if given and not secret
        ),
        misspelt=tuple(map(say_misspelt, settings.misspelt.items())),
    )
