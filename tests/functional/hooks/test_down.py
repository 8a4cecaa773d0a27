"""Around a teardown: nothing goes without a backup, and the next one has other names."""

from datetime import UTC, datetime

from infra.hooks.postdown import salt
from infra.hooks.predown import file_name
from tests.functional.hooks.project import OUTPUTS


def backups(project):
    return list((project.root / "backups").glob("*"))


def test_what_only_lives_there_is_kept_first(project):
    code, said = project.run("predown", **OUTPUTS)

    (file,) = backups(project)
    assert code == 0
    assert file.read_text() == "{}"
    assert f"python -m shared restore backups/{file.name}" in said


def test_what_stays_elsewhere_is_said_with_how_to_take_it_away(project):
    _, said = project.run("predown", **OUTPUTS)

    assert "python -m shared webhooks remove" in said
    assert "python -m shared schema remove" in said
    assert "python -m infra.hooks.entra --remove" in said
    assert "90 days" in said


def test_a_backup_that_fails_stops_the_teardown(project):
    project.plan(terminal={"backup": 1}, backup="")

    code, said = project.run("predown", **OUTPUTS)

    assert code == 1
    assert "nothing is deleted" in said
    assert "azd env set AZD_DOWN_WITHOUT_BACKUP 1" in said


def test_a_backup_that_wrote_nothing_stops_it_whatever_it_says(project):
    project.plan(backup="")

    code, said = project.run("predown", **OUTPUTS)

    assert (code, "There is no backup" in said) == (1, True)


def test_who_says_so_goes_on_without(project):
    project.plan(terminal={"backup": 1}, backup="")

    code, said = project.run("predown", **OUTPUTS, AZD_DOWN_WITHOUT_BACKUP="1")

    assert (code, "Going on without" in said) == (0, True)


def test_another_word_than_1_does_not_say_so(project):
    project.plan(terminal={"backup": 1}, backup="")

    code, _ = project.run("predown", **OUTPUTS, AZD_DOWN_WITHOUT_BACKUP="0")

    assert code == 1


def test_where_nothing_was_provisioned_nothing_is_kept(project):
    code, _ = project.run("predown")

    assert code == 0
    assert project.calls("python") == []


def test_a_backup_is_named_after_the_environment_and_the_moment():
    named = file_name("trial", datetime(2026, 11, 26, 9, 5, 7, tzinfo=UTC))

    assert named == "backups/trial-20261126T090507Z.json"


def test_after_the_teardown_the_vaults_get_other_names(project):
    code, _ = project.run("postdown")

    kept = project.state["environment"]
    assert code == 0
    assert len(kept["VAULT_SALT"]) == len("20261126090507")
    assert kept["AZD_DOWN_WITHOUT_BACKUP"] == ""


def test_two_teardowns_give_two_salts():
    first, second = (salt(datetime(2026, 11, 26, 9, 5, second, tzinfo=UTC)) for second in (1, 2))

    assert first != second


def test_an_azd_that_does_not_keep_the_salt_leaves_the_command_to_write(project):
    project.plan(azd_keeps=False)

    code, said = project.run("postdown")

    assert (code, "azd env set VAULT_SALT " in said) == (1, True)
