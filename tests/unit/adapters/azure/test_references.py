"""Key Vault references as people and templates write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.azure.references import Reference, parse_reference
from shared.errors import ConfigurationError

VAULT = "https://firm-vault.vault.azure.net"
VERSION = "ec96f02080254f109c51a1f14cdb1931"


def parsed(text):
    return parse_reference(text, setting="FRESHBOOKS_CLIENT_SECRET")


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        (f"@Microsoft.KeyVault(SecretUri={VAULT}/secrets/one)", "one", ""),
        (f"@Microsoft.KeyVault(SecretUri={VAULT}/secrets/one/)", "one", ""),
        (f"@Microsoft.KeyVault(SecretUri={VAULT}/secrets/one/{VERSION})", "one", VERSION),
        (f" @ MICROSOFT.KEYVAULT ( secreturi = {VAULT}/secrets/one ) ", "one", ""),
        (f"@microsoft.keyvault(SECRETURI={VAULT.upper()}/Secrets/one)", "one", ""),
        ("@Microsoft.KeyVault(VaultName=firm-vault;SecretName=one)", "one", ""),
        ("@Microsoft.KeyVault( SecretName = one ; VaultName = Firm-Vault ; )", "one", ""),
        (
            f"@Microsoft.KeyVault(VaultName=firm-vault;SecretName=one;SecretVersion={VERSION})",
            "one",
            VERSION,
        ),
    ],
)
def test_a_reference_is_read_in_either_form_any_case_and_any_spacing(text, name, version):
    assert parsed(text) == Reference(VAULT, name, version)


@pytest.mark.parametrize("text", ["hush", "", "Microsoft.KeyVault", "x@Microsoft.KeyVault(a)"])
def test_a_value_is_no_reference(text):
    assert parsed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "@Microsoft.KeyVault",
        "@Microsoft.KeyVault(",
        "@Microsoft.KeyVault()",
        "@Microsoft.KeyVault(SecretUri=)",
        f"@Microsoft.KeyVault(SecretUri={VAULT}/secrets/one",
        f"@Microsoft.KeyVault(SecretUri={VAULT}/keys/one)",
        f"@Microsoft.KeyVault(SecretUri={VAULT}/secrets/one/{VERSION}/more)",
        f"@Microsoft.KeyVault(SecretUri={VAULT}/secrets/one?x=y)",
        "@Microsoft.KeyVault(SecretUri=http://firm-vault.vault.azure.net/secrets/one)",
        "@Microsoft.KeyVault(SecretUri=https://a:b@firm-vault.vault.azure.net/secrets/one)",
        "@Microsoft.KeyVault(SecretUri=https://[::1/secrets/one)",
        "@Microsoft.KeyVault(VaultName=firm-vault)",
        "@Microsoft.KeyVault(VaultName=a.example/;SecretName=one)",
    ],
)
def test_half_a_reference_is_a_setting_to_fix(text):
    with pytest.raises(ConfigurationError, match="FRESHBOOKS_CLIENT_SECRET is a Key Vault") as no:
        parsed(text)

    assert "SecretUri=https://VAULT.vault.azure.net/secrets/NAME" in str(no.value)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "vault.azure.net.evil.example",
        "vault.azure.net",
        "a.b.vault.azure.net",
        "firm-vault.vault.azure.net:8443",
    ],
)
def test_a_reference_to_what_is_no_vault_is_refused_before_anybody_is_asked(host):
    with pytest.raises(ConfigurationError, match="no vault of Azure"):
        parsed(f"@Microsoft.KeyVault(SecretUri=https://{host}/secrets/one)")


@pytest.mark.parametrize("suffix", ["vault.azure.cn", "vault.usgovcloudapi.net"])
def test_the_vaults_of_other_clouds_are_known(suffix):
    found = parsed(f"@Microsoft.KeyVault(SecretUri=https://firm.{suffix}/secrets/one)")

    assert found == Reference(f"https://firm.{suffix}", "one")


def test_a_vault_on_this_machine_may_have_a_port():
    found = parsed("@Microsoft.KeyVault(SecretUri=https://localhost:8443/secrets/one)")

    assert found == Reference("https://localhost:8443", "one")


@given(st.text())
def test_whatever_follows_the_prefix_is_read_or_refused(text):
    try:
        assert parsed(f"@Microsoft.KeyVault({text}") is not None
    except ConfigurationError:
        return
