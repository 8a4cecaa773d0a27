"""The archive: what is in it, what is not, that it is always the same, and that it starts."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools import package, tables
from tools.package import Member, PackageError, archive, deployed

ROOT = Path(__file__).resolve().parents[2]
OURS = os.environ.items()  # noqa: TID251  # for child processes, nothing is read from it
ALONE = {name: value for name, value in OURS if not name.startswith("GIT_")}
TOP = {"columns.toml", "function_app.py", "host.json", "requirements.txt", "shared"}


def git(folder, *words, **env):
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**ALONE, **env})
    return done.stdout


pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture(scope="module")
def members():
    """Return what would be deployed if everything were committed as it lies here."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(ROOT, "add", "--all", **index)
        return deployed(ROOT, git(ROOT, "write-tree", **index).strip())


@pytest.fixture
def clone(tmp_path):
    git(tmp_path, "init", "--quiet")
    return tmp_path


def commit(folder, **files):
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    who = ["-c", "user.name=A Person", "-c", "user.email=a@person.example"]
    git(folder, "add", "--all")
    git(folder, *who, "commit", "--quiet", "--no-verify", "-m", "A commit")


def paths(members):
    return [member.path for member in members]


def test_at_the_top_is_what_azure_needs_and_nothing_else(members):
    assert {path.partition("/")[0] for path in paths(members)} == TOP


def test_all_of_shared_is_in_it(members):
    sources = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "shared").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert sources <= set(paths(members))


def test_the_makers_things_and_what_lies_about_are_not_in_it(members):
    folders = {part for path in paths(members) for part in Path(path).parts}

    assert not folders & {"tests", "tools", "sandbox", "bench", "docs", "infra", "__pycache__"}
    assert not [path for path in paths(members) if path.startswith(".") or path.endswith(".pyc")]


@pytest.mark.usefixtures("members")  # a copy without hidden files has no patterns to look at
def test_what_git_ignores_is_not_deployed_by_azd_either(clone):
    shutil.copy(ROOT / ".funcignore", clone / ".gitignore")
    patterns = (ROOT / ".gitignore").read_text().split()
    made_by_azd = ["connector_env/", "build/", "connector.egg-info/"]  # `azd restore` leaves these

    left = [
        f"{pattern.replace('*', 'x')}{'file' if pattern.endswith('/') else ''}"
        for pattern in [*patterns, *made_by_azd]
    ]

    assert git(clone, "check-ignore", *left).splitlines() == left


@pytest.mark.usefixtures("members")
def test_the_patterns_are_of_the_kind_that_azd_func_and_git_read_alike():
    lines = (ROOT / ".funcignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    assert patterns
    assert [p for p in patterns if "/" in p[:-1] or p.startswith("!") or "**" in p] == []


def test_the_same_commit_gives_the_same_bytes(members):
    assert archive(members) == archive(list(members))


def test_nothing_of_the_machine_is_in_the_archive():
    with zipfile.ZipFile(BytesIO(archive([Member("a.py", b"text")]))) as packed:
        (entry,) = packed.infolist()

    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.external_attr >> 16 == 0o100644
    assert (entry.create_system, entry.compress_type) == (3, zipfile.ZIP_STORED)


def test_the_patterns_mean_what_they_mean_to_git(clone):
    commit(
        clone,
        **{
            ".funcignore": "# makers\n.*\ndocs/\n*.md\n!KEEP.md\n",
            "app.py": "",
            "docs__page.txt": "",
            "shared__docs__page.txt": "",
            "README.md": "",
            "KEEP.md": "",
        },
    )

    assert paths(deployed(clone)) == ["KEEP.md", "app.py"]


def test_only_what_is_committed_is_in_it(clone):
    commit(clone, **{".funcignore": ".*\n", "app.py": "committed"})
    (clone / "app.py").write_text("changed")
    (clone / "notes.txt").write_text("a secret")

    assert deployed(clone) == [Member("app.py", b"committed")]
    assert package.uncommitted(clone) == ["app.py", "notes.txt"]


def test_a_link_is_refused(clone):
    (clone / "link.py").symlink_to("app.py")
    commit(clone, **{".funcignore": ".*\n", "app.py": ""})

    with pytest.raises(PackageError, match=r"link\.py: not a plain file"):
        deployed(clone)


def test_where_there_is_no_clone_it_says_so(tmp_path):
    with pytest.raises(PackageError, match="Run it in a clone"):
        deployed(tmp_path)


def test_the_package_starts_with_nothing_but_its_requirements(members, tmp_path):
    app, packages = tmp_path / "app", tmp_path / "packages"
    with zipfile.ZipFile(BytesIO(archive(members))) as packed:
        packed.extractall(app)
    link_requirements((app / "requirements.txt").read_text(), packages)

    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", START, str(app), str(packages)],
        cwd=app,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(said["functions"]) == set(tables.triggers())
    assert said["health"] == 503  # it has no settings, and says so


# Not `site`: it would bring the packages of the environment that runs the tests.
START = """
import importlib, json, pkgutil, sys
sys.path[:0] = sys.argv[1:]
import azure.functions as func
import function_app, shared
for module in pkgutil.walk_packages(shared.__path__, "shared."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
functions = {f.get_function_name(): f for f in function_app.app.get_functions()}
request = func.HttpRequest(method="GET", url="/api/health", body=b"")
health = functions["health"].get_user_function()(request)
print(json.dumps({"functions": list(functions), "health": health.status_code}))
"""


def link_requirements(text, folder):
    """Lay out the installed packages of a requirements file, and no others."""
    for line in text.splitlines():
        requirement = (
            Requirement(line.partition("#")[0]) if line.partition("#")[0].strip() else None
        )
        if requirement is None or (requirement.marker and not requirement.marker.evaluate()):
            continue
        for file in importlib.metadata.distribution(requirement.name).files or ():
            if ".." in file.parts:
                continue  # a program in bin/
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).symlink_to(file.locate())
