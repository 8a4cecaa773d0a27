"""The Entra application: registered once, put right, without a secret, and taken away again."""

import pytest

from infra.hooks import entra, registration
from infra.hooks.graph import Graph
from tests.functional.hooks.project import OUTPUTS, Project

CALLBACK = "https://app.azurewebsites.net/.auth/login/aad/callback"


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory):
    """What the stand-ins know after a run in a project where there was nothing."""
    project = Project(tmp_path_factory.mktemp("registered"))
    registered(project)
    return project.state


@pytest.fixture
def made(project, after_a_run):
    """The application that a first run made, in a project that stands as that run left it."""
    project.plan(**after_a_run)
    return the_application(project)


def registered(project):
    code, said = project.run("entra", **OUTPUTS)
    assert code == 0, said
    return the_application(project)


def the_application(project):
    (application,) = project.state["directory"]["applications"]
    return application


def test_the_application_is_what_easy_auth_needs(project, made):
    assert made["web"]["redirectUris"] == [CALLBACK]
    assert made["web"]["implicitGrantSettings"]["enableIdTokenIssuance"] is True
    assert made["signInAudience"] == "AzureADMyOrg"
    assert [role["value"] for role in made["appRoles"]] == ["Operator"]


def test_the_managed_identity_is_trusted_instead_of_a_secret(project, made):
    (credential,) = project.state["directory"]["credentials"][made["id"]]
    assert credential["issuer"] == "https://login.microsoftonline.com/tenant-id/v2.0"
    assert credential["subject"] == "identity-object-id"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    assert "passwordCredentials" not in made
    assert not any("Password" in call for call in project.calls("az"))


def test_only_those_who_are_assigned_may_sign_in_and_the_first_is_who_ran_it(project, made):
    directory = project.state["directory"]
    (principal,) = [p for p in directory["principals"] if p["appId"] == made["appId"]]
    (assigned,) = directory["assigned"][principal["id"]]
    assert principal["appRoleAssignmentRequired"] is True
    assert assigned["principalId"] == "me-object-id"
    assert assigned["appRoleId"] == registration.ROLE_ID


def test_azd_is_told_so_that_the_next_provisioning_turns_it_on(project, made):
    assert project.state["environment"] == {"ENTRA_CLIENT_ID": made["appId"]}


def test_two_runs_make_one_of_everything(project, made):
    before = project.state["directory"]

    second = registered(project)

    assert second == made
    assert project.state["directory"] == before


def test_a_second_run_writes_nothing(project, made):
    so_far = len(project.calls("az"))

    registered(project)

    written = [call for call in project.calls("az")[so_far:] if call.startswith("rest")]
    assert [call for call in written if "--method get" not in call] == []


def test_what_others_added_stays(project, made):
    directory = project.state["directory"]
    (kept,) = directory["applications"]
    kept["web"]["redirectUris"].append("https://connector.firm.example/.auth/login/aad/callback")
    kept["appRoles"] = [{"id": "theirs", "value": "Reader", "isEnabled": True}]
    project.plan(directory=directory)

    application = registered(project)

    assert len(application["web"]["redirectUris"]) == 2
    assert [role["value"] for role in application["appRoles"]] == ["Reader", "Operator"]


def test_another_identity_is_trusted_after_a_teardown(project, made):
    directory = project.state["directory"]
    directory["principals"].append({"id": "newer-object-id", "appId": "newer-client-id"})
    project.plan(directory=directory)

    project.run("entra", **{**OUTPUTS, "APP_IDENTITY_CLIENT_ID": "newer-client-id"})

    (credential,) = project.state["directory"]["credentials"][made["id"]]
    assert credential["subject"] == "newer-object-id"


def test_two_environments_of_a_subscription_have_applications_of_their_own(project, made):
    project.run("entra", **OUTPUTS, AZURE_ENV_NAME="production")

    assert len(project.state["directory"]["applications"]) == 2


def test_who_may_not_register_is_told_who_may_and_what_to_send_them(project):
    project.plan(denied=["patch /applications"])

    code, said = project.run("entra", **OUTPUTS)

    assert code == 1
    assert "Application Developer" in said
    assert "az login --tenant tenant-id" in said
    assert "EASY_AUTH false" in said


def test_a_consent_that_only_an_administrator_can_give_is_asked_for_by_address(project):
    project.plan(denied=["post /oauth2PermissionGrants"])

    code, said = project.run("entra", **OUTPUTS)

    (application,) = project.state["directory"]["applications"]
    assert code == 0
    assert f"/tenant-id/adminconsent?client_id={application['appId']}" in said


def test_a_pipeline_that_is_nobody_still_registers(project):
    project.plan(denied=["get /me"])

    code, said = project.run("entra", **OUTPUTS)

    assert code == 0
    assert "nobody got the role Operator" in said


@pytest.mark.parametrize(
    ("changes", "said_so"),
    [
        ({"az_signed_in": False}, "Run: az login"),
        ({"tenant": "another-tenant"}, "az login --tenant tenant-id"),
    ],
)
def test_a_sign_in_that_does_not_fit_is_told_and_nothing_is_made(project, changes, said_so):
    project.plan(**changes)

    code, said = project.run("entra", **OUTPUTS)

    assert (code, said_so in said) == (1, True)
    assert project.state["directory"]["applications"] == []


def test_without_the_azure_cli_it_says_so(project):
    project.uninstall("az")

    code, said = project.run("entra", **OUTPUTS)

    assert (code, "The Azure CLI is needed" in said) == (1, True)


def test_a_slow_azure_cli_is_told_and_is_no_sign_in_that_is_missing(project):
    project.plan(slow={"az": 30})

    code, said = project.run("entra", **OUTPUTS, HOOK_SECONDS="0.5")

    assert (code, "no answer within 0.5 seconds" in said, "az login" in said) == (1, True, False)


def test_what_was_made_a_moment_ago_is_waited_for(project, monkeypatch):
    for name, value in project.environment(**OUTPUTS).items():
        monkeypatch.setenv(name, value)
    project.plan(lag={"post /servicePrincipals": 2, "appRoleAssignedTo": 1})
    waited = []

    code = entra.register(Graph(sleep=waited.append))

    (application,) = project.state["directory"]["applications"]
    assert code == 0
    assert waited == [2.0, 4.0, 2.0]
    assert project.state["environment"]["ENTRA_CLIENT_ID"] == application["appId"]


def test_what_never_arrives_is_told(project, monkeypatch, capsys):
    for name, value in project.environment(**OUTPUTS).items():
        monkeypatch.setenv(name, value)
    project.plan(lag={"post /servicePrincipals": 99})

    code = entra.register(Graph(sleep=lambda _: None))

    assert code == 1
    assert "Entra knows no such object" in capsys.readouterr().out


def test_an_azd_that_does_not_keep_the_id_leaves_the_command_to_write(project):
    project.plan(azd_keeps=False)

    code, said = project.run("entra", **OUTPUTS)

    (application,) = project.state["directory"]["applications"]
    assert (code, f"azd env set ENTRA_CLIENT_ID {application['appId']}" in said) == (1, True)


def test_removing_takes_the_application_away_for_good_and_azd_forgets_it(project, made):
    code, _ = project.run("entra", "--remove", **OUTPUTS)

    assert code == 0
    assert project.state["directory"]["applications"] == []
    assert project.state["directory"]["deleted"] == []
    assert project.state["environment"] == {"ENTRA_CLIENT_ID": ""}


def test_removing_twice_is_no_error(project, made):
    project.run("entra", "--remove", **OUTPUTS)

    code, said = project.run("entra", "--remove", **OUTPUTS)

    assert (code, "There is no Entra application" in said) == (0, True)


def test_who_may_not_remove_is_told(project, made):
    project.plan(denied=["delete /applications"])

    code, said = project.run("entra", "--remove", **OUTPUTS)

    assert (code, "is not removed" in said) == (1, True)
    assert len(project.state["directory"]["applications"]) == 1
