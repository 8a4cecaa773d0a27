import pytest
import requests
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.keyvault.secrets import SecretClient

from sandbox.keyvault import RESOURCE, KeyVault
from sandbox.web import InProcess


def test_a_secret_that_was_set_is_read_back(secrets, vault):
    stored = secrets.set_secret(
        "tokens", "s3cret", content_type="application/json", tags={"user": "7"}
    )

    read = secrets.get_secret("tokens")
    assert read.value == "s3cret"
    assert read.properties.version == stored.properties.version
    assert read.properties.content_type == "application/json"
    assert read.properties.tags == {"user": "7"}
    assert vault.secrets == {"tokens": "s3cret"}


def test_every_set_makes_a_version_and_the_newest_is_current(secrets):
    first = secrets.set_secret("tokens", "one")
    secrets.set_secret("tokens", "two")

    listed = [each.version for each in secrets.list_properties_of_secret_versions("tokens")]
    assert secrets.get_secret("tokens").value == "two"
    assert secrets.get_secret("tokens", first.properties.version).value == "one"
    assert len(listed) == 2


def test_a_missing_secret_is_not_found(secrets):
    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        secrets.get_secret("nothing")


def test_a_missing_version_is_not_found(secrets):
    secrets.set_secret("tokens", "one")

    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        secrets.get_secret("tokens", "0" * 32)


def test_a_disabled_secret_is_forbidden_until_it_is_enabled_again(secrets):
    secrets.set_secret("tokens", "one")
    secrets.update_secret_properties("tokens", enabled=False)

    with pytest.raises(HttpResponseError, match="disabled") as refused:
        secrets.get_secret("tokens")

    assert refused.value.status_code == 403
    secrets.update_secret_properties("tokens", enabled=True)
    assert secrets.get_secret("tokens").value == "one"


def test_a_list_shows_every_secret_over_several_pages_and_no_value(secrets, vault):
    for number in range(60):
        vault.set(f"secret-{number:02}", "hidden")

    listed = list(secrets.list_properties_of_secrets())

    assert [each.name for each in listed] == [f"secret-{number:02}" for number in range(60)]
    assert all(not hasattr(each, "value") for each in listed)


def test_a_deleted_secret_keeps_its_name_until_it_is_purged(secrets, vault):
    secrets.set_secret("tokens", "one")
    deleted = secrets.begin_delete_secret("tokens").result()

    with pytest.raises(ResourceExistsError, match="recoverable"):
        secrets.set_secret("tokens", "two")
    with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
        secrets.get_secret("tokens")

    assert deleted.scheduled_purge_date > deleted.deleted_date
    secrets.purge_deleted_secret("tokens")
    secrets.set_secret("tokens", "two")
    assert vault.secrets == {"tokens": "two"}


def test_a_deleted_secret_can_be_recovered_with_its_versions(secrets, vault):
    secrets.set_secret("tokens", "one")
    secrets.set_secret("tokens", "two")
    secrets.begin_delete_secret("tokens").wait()
    assert [each.name for each in secrets.list_deleted_secrets()] == ["tokens"]

    secrets.begin_recover_deleted_secret("tokens").wait()

    assert [each.value for each in vault.versions("tokens")] == ["one", "two"]


@pytest.mark.parametrize(("name", "value"), [("under_score", "x"), ("tokens", "x" * 25_601)])
def test_a_secret_the_vault_cannot_hold_is_refused(secrets, name, value):
    with pytest.raises(HttpResponseError, match="BadParameter"):
        secrets.set_secret(name, value)


def test_the_first_answer_is_a_challenge_that_names_the_resource():
    vault = KeyVault(accepts=lambda token: token == "good")
    with requests.Session() as session:
        session.mount("https://", InProcess(vault))
        url = "https://myvault.vault.azure.net/secrets/tokens/?api-version=7.6"
        answer = session.get(url)
        stale = session.get(url, headers={"Authorization": "Bearer bad"})
        good = session.get(url, headers={"Authorization": "Bearer good"})

    assert answer.status_code == stale.status_code == 401
    assert f'resource="{RESOURCE}"' in answer.headers["WWW-Authenticate"]
    assert good.status_code == 404


class Redirected(RequestsTransport):
    """Sends every request to a plain loopback address, as a private endpoint would."""

    def __init__(self, url):
        super().__init__()
        self._url = url

    def send(self, request, **options):
        meant = request.url
        request.url = f"{self._url}/{meant.split('/', 3)[3]}"
        try:
            return super().send(request, **options)
        finally:
            request.url = meant


def test_a_vault_under_its_azure_name_passes_the_sdk_s_own_check_of_the_challenge(
    vault, credential, plain_url
):
    transport = Redirected(plain_url(vault))
    with SecretClient("https://myvault.vault.azure.net", credential, transport=transport) as client:
        client.set_secret("tokens", "one")
        read = client.get_secret("tokens")

    assert read.value == "one"
