"""The bill of materials: what Azure installs, wherever it is made."""

from pathlib import Path

from tools.sbom import installed

ROOT = Path(__file__).resolve().parents[3]


def test_only_what_azures_machine_installs_is_named():
    pins = installed(
        [
            "# made by a tool",
            "azure-functions==1.26.0 ; python_full_version < '3.13'",
            "azure-functions==2.3.0 ; python_full_version >= '3.13'",
            "colorama==0.4.6 ; sys_platform == 'win32'",
            "cffi==2.1.1 ; platform_python_implementation != 'PyPy'",
            "",
            "requests==2.34.2",
        ]
    )

    assert pins == ["azure-functions==2.3.0", "cffi==2.1.1", "requests==2.34.2"]


def test_everything_that_is_deployed_is_pinned_and_named_once():
    pins = installed((ROOT / "requirements.txt").read_text().splitlines())
    names = [pin.partition("==")[0] for pin in pins]

    assert all("==" in pin for pin in pins)
    assert len(names) == len(set(names))
    assert {"azure-functions", "azure-identity", "pydantic"} <= set(names)
