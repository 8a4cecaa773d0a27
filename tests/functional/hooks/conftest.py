"""The project that the hooks run in."""

from pathlib import Path

import pytest

from tests.functional.hooks.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
