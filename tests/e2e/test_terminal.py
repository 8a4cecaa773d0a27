"""An administrator's own machine: signed in with a program of Azure's, settings from a file.

Storage is reached by connection string: Azurite takes tokens over https only, and nobody here gave
it a certificate. Key Vault and Dataverse take the person's token.
"""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from sandbox.entra import TENANT
from sandbox.signed_in import State, asked, install
from sandbox.stack import ROOT
from shared.core.identity import Kind
from shared.settings import Settings, variable_name

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

OURS = {variable_name(name) for name in Settings.model_fields}
NEEDED = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NO_PROXY", "no_proxy", "PYTHONUNBUFFERED")


@pytest.fixture
def laptop(sandbox, terminal, tmp_path):
    """A folder of somebody's, and a terminal in it that knows nothing but a path."""
    project = tmp_path / "project"
    project.mkdir()
    settings = {name: text for name, text in sandbox.settings.items() if name in OURS}
    del settings["IDENTITY_ENDPOINT"]
    environment = {name: sandbox.environment[name] for name in NEEDED}
    environment |= {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def run(*words, **variables):
        return terminal(*words, folder=project, environment=environment | variables)

    def start(*words):
        done = subprocess.run(
            [sys.executable, "-m", "shared", *words],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return SimpleNamespace(
        project=project, bin=tmp_path / "bin", settings=settings, run=run, start=start
    )


def local_settings(laptop, **changed):
    text = json.dumps({"IsEncrypted": False, "Values": laptop.settings | changed})
    (laptop.project / "local.settings.json").write_text(text)


def azd_environment(laptop, **changed):
    folder = laptop.project / ".azure" / "test"
    folder.mkdir(parents=True)
    values = {name.upper(): text for name, text in (laptop.settings | changed).items()}
    lines = [f'{name}="{text}"' for name, text in values.items()]
    (folder / ".env").write_text("\n".join(["AZURE_ENV_NAME=test", *lines, ""]))
    config = json.dumps({"version": 1, "defaultEnvironment": "test"})
    (folder.parent / "config.json").write_text(config)


# Others look at the schema and the webhooks below.
WORK = ("doctor", "connections", "dead-letters", "held --json")


@pytest.mark.parametrize(
    ("programs", "commands"),
    [
        ({"az": State.SIGNED_IN}, WORK),
        ({"az": State.SIGNED_OUT, "azd": State.SIGNED_IN}, WORK[:1]),  # it asks everybody
    ],
    ids=["Azure CLI", "Azure Developer CLI"],
)
def test_a_person_who_is_signed_in_does_all_their_work_from_a_laptop(laptop, programs, commands):
    install(laptop.bin, **programs)
    local_settings(laptop)

    done = {command: laptop.run(*command.split()) for command in commands}

    assert {command: code for command, (code, _, _) in done.items()} == dict.fromkeys(done, 0)
    assert {err for _, _, err in done.values()} == {""}
    doctor = done["doctor"][1].splitlines()
    assert not [line for line in doctor if line.startswith(("failure", "skipped"))]
    used = "Azure CLI" if len(programs) == 1 else "Azure Developer CLI"
    assert f"ok       Azure sign-in          Signed in with {used}." in doctor


def test_a_person_decides_and_looks_things_up_from_a_laptop(laptop, sandbox):
    install(laptop.bin, az=State.SIGNED_IN)
    local_settings(laptop)
    client = 987654  # nobody's number

    ignored = laptop.run("held", "ignore", str(client), "--account", sandbox.books.account)
    nobody = laptop.run("webhooks", "--account", "nobody", "remove")
    unheard = laptop.start("history", "invoice", "no-such-number")

    assert ignored[0] == 0
    assert ignored[1].startswith(f"Client {client} is ignored")
    assert nobody[0] == 2
    assert nobody[2].endswith(f"nobody is not connected; connected: {sandbox.books.account}.\n")
    assert unheard[0] == 1


def test_settings_come_from_the_chosen_azd_environment_and_its_secret_from_key_vault(
    laptop, sandbox
):
    install(laptop.bin, az=State.SIGNED_IN)
    host = sandbox.addresses.vault
    reference = f"@Microsoft.KeyVault(SecretUri={host}/secrets/freshbooks-client-secret)"
    azd_environment(laptop, FRESHBOOKS_CLIENT_SECRET=reference)
    put_secret(
        sandbox,
        laptop,
        "freshbooks-client-secret",
        laptop.settings["FRESHBOOKS_CLIENT_SECRET"],
    )

    code, out, err = laptop.run("-v", "webhooks")

    assert code == 0
    assert out.count("  live") == len(Kind)
    assert "The settings come from the azd environment test" in err
    assert "FRESHBOOKS_CLIENT_SECRET was read from localhost:" in err
    assert laptop.settings["FRESHBOOKS_CLIENT_SECRET"] not in out + err
    assert any(f"--tenant {TENANT}" in line for line in asked(laptop.bin, "az"))


def test_a_secret_that_is_not_in_the_vault_is_named_with_the_vault(laptop, sandbox):
    install(laptop.bin, az=State.SIGNED_IN)
    reference = f"@Microsoft.KeyVault(SecretUri={sandbox.addresses.vault}/secrets/missing)"
    azd_environment(laptop, FRESHBOOKS_CLIENT_SECRET=reference)

    code, out, err = laptop.run("connections")

    host = sandbox.addresses.vault.removeprefix("https://")
    assert (code, out) == (2, "")
    assert err == (
        "Not possible: FRESHBOOKS_CLIENT_SECRET stands in Key Vault as the secret missing, and "
        f"{host} has no such secret or version.\n"
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.SIGNED_OUT, "Azure CLI is not signed in"),
        (State.STRANGER, "Azure CLI has no access to this tenant (AADSTS50020)"),
        (State.EXPIRED, "Azure CLI has to be signed in again (AADSTS700082)"),
    ],
)
def test_a_person_who_is_not_signed_in_is_told_the_command(laptop, state, said):
    install(laptop.bin, az=state)
    local_settings(laptop)

    code, out, err = laptop.run("schema", "check", AZURE_TENANT_ID=TENANT)

    assert (code, out) == (2, "")
    assert said in err
    assert err.endswith(f"Run `az login --tenant {TENANT}`.\n")
    assert err.count("\n") == 1


def test_what_the_environment_says_goes_over_the_file(laptop):
    install(laptop.bin, az=State.SIGNED_IN)
    local_settings(laptop, DATAVERSE_URL="http://127.0.0.1:9")

    wrong, _, _ = laptop.run("schema", "check")
    right, _, err = laptop.run("schema", "check", DATAVERSE_URL=laptop.settings["DATAVERSE_URL"])

    assert (wrong, right, err) == (2, 0, "")


def put_secret(sandbox, laptop, name, value):
    """Do what `az keyvault secret set` does, with the same token."""
    import requests

    done = subprocess.run(
        [
            laptop.bin / "az",
            "account",
            "get-access-token",
            *("--output", "json"),
            "--resource",
            "https://vault.azure.net",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.defpath},
    )
    answer = requests.put(
        f"{sandbox.addresses.vault}/secrets/{name}",
        params={"api-version": "7.4"},
        json={"value": value},
        headers={"Authorization": f"Bearer {json.loads(done.stdout)['accessToken']}"},
        verify=str(sandbox.folder / "certificates" / "ca.pem"),
        timeout=10,
    )
    answer.raise_for_status()
