"""Installs the extra `peers` into an environment of its own, each peer by itself.

    python -m benchmarks.peers.install build/peers-venv

The environment sees the packages of the one that runs this, so torch is not installed twice, and
constraints.txt keeps what is seen. A peer that does not install is named and left out.
"""

import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import msgspec

from benchmarks.peers import ROOT

REFUSED = "refused.json"  # in the environment: requirement to the reason why it is not there


def requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["optional-dependencies"]["peers"]


def install(folder: Path) -> dict[str, str]:
    """Reasons of the requirements that do not install."""
    venv.create(folder, with_pip=True, clear=True)
    python = folder / "bin" / "python"
    inside = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    path = Path(inside.stdout.strip()) / "beside.pth"
    path.write_text("\n".join(dict.fromkeys(_packages())) + "\n")
    refused = {}
    for requirement in requirements():
        told = subprocess.run(
            [python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            refused[requirement] = _error(told.stderr)
    (folder / REFUSED).write_bytes(msgspec.json.encode(refused))
    return refused


def _packages() -> list[str]:
    return [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]


def _error(text: str) -> str:
    """The last line of pip that calls itself one."""
    lines = [line for line in text.splitlines() if line.startswith("ERROR:")]
    return lines[-1].removeprefix("ERROR:").strip()[:200] if lines else "pip failed"


if __name__ == "__main__":
    for name, why in install(Path(sys.argv[1])).items():
        print(f"{name} does not install: {why}")
