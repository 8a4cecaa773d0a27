"""After provisioning: what is left to do by hand, and what the connector says of itself."""

import pytest

from tests.functional.hooks.project import OUTPUTS


def test_what_is_entered_elsewhere_is_printed(project):
    code, said = project.run("postprovision", **OUTPUTS)

    assert code == 0
    assert OUTPUTS["FRESHBOOKS_REDIRECT_URI"] in said
    assert OUTPUTS["APP_IDENTITY_CLIENT_ID"] in said
    assert "--vault-name kv-config --name freshbooks-client-secret --file FILE" in said


def test_schema_and_doctor_are_run_and_shown(project):
    _, said = project.run("postprovision", **OUTPUTS)

    assert project.calls("python") == ["-m shared schema check", "-m shared doctor"]
    assert "(the terminal runs doctor)" in said


def test_what_they_find_is_shown_with_what_comes_next_and_fails_nothing(project):
    project.plan(terminal={"schema": 1, "doctor": 1})

    code, said = project.run("postprovision", **OUTPUTS)

    assert code == 0
    assert "python -m shared schema apply" in said
    assert "python -m shared doctor ended with 1" in said


def test_a_terminal_that_is_not_installed_is_told_with_the_command(project):
    project.uninstall("python")
    (project.root / "azure.py").touch()  # hides the packages of the Python that runs the tests

    code, said = project.run("postprovision", **OUTPUTS)

    assert code == 0
    assert "pip install -r requirements.txt" in said
    assert "python -m shared doctor" not in said.partition("connect")[2]


@pytest.mark.parametrize("name", [n for n in OUTPUTS if n != "KEY_VAULT_URL"])
def test_a_template_that_leaves_something_out_is_named(project, name):
    values = {key: text for key, text in OUTPUTS.items() if key != name}

    code, said = project.run("postprovision", **values)

    assert (code, f"infra/main.bicep gave no {name}" in said) == (1, True)


def test_after_a_preview_there_is_nothing_to_say(project):
    code, said = project.run("postprovision")

    assert code == 0
    assert "Nothing was provisioned yet" in said
    assert project.calls("python") == []


def test_the_application_gets_the_address_and_the_identity_that_are_known_now(project):
    project.run("preprovision", EASY_AUTH="true")
    entra = project.state["environment"]["ENTRA_CLIENT_ID"]

    code, said = project.run("postprovision", **OUTPUTS, EASY_AUTH="true", ENTRA_CLIENT_ID=entra)

    (application,) = project.state["directory"]["applications"]
    (credential,) = project.state["directory"]["credentials"][application["id"]]
    assert code == 0, said
    assert application["web"]["redirectUris"] == [
        f"{OUTPUTS['PUBLIC_URL']}/.auth/login/aad/callback"
    ]
    assert credential["subject"] == "identity-object-id"


def test_a_sign_in_that_was_asked_for_and_is_refused_fails(project):
    project.plan(denied=["patch /applications"])

    code, said = project.run("postprovision", **OUTPUTS, EASY_AUTH="true")

    assert code == 1
    assert "is not registered" in said
    assert "What is left to do by hand" in said


def test_no_secret_is_printed_or_put_on_a_command_line(project):
    secret = "5ecret-of-the-freshbooks-app"

    _, said = project.run(
        "postprovision", **OUTPUTS, EASY_AUTH="true", NEW_FRESHBOOKS_CLIENT_SECRET=secret
    )

    assert secret not in said
    assert secret not in str(project.state["calls"])
