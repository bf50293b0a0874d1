"""podman as root, in place of Docker, and what the images are made from. Nothing is pulled: both bases are Debian's own
packages. They are kept in .bench/image/.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deadlines import scaled

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".bench/image"
PYTHON = "localhost/python:3.11-slim-bookworm"
"""What the Dockerfile's `FROM` comes to where no registry is asked."""
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
BUILDING = scaled(900)
LIMITS = ("--ulimit=nofile=4096:4096", "--ulimit=nproc=1024:1024")
"""podman's own are more than a root without all rights may set."""
RUN = ("run", *LIMITS, "--health-interval=disable")
"""Without podman's timer of health checks, which is systemd's."""
PROGRAMS = {"podman": None, "runc": None, "debootstrap": None, "apt-get": None, "netavark": "/usr/lib/podman"}
NETWORK = """
[network]
network_backend = "netavark"
"""
"""Without this, podman uses netavark or CNI by what is installed. CNI resolves no name of an internal network, and in a
container on two networks only the names of one."""


class Podman:
    """podman as root, on a storage and networks of its own. `command`: how it is called."""

    def __init__(self, folder: Path) -> None:
        configuration = folder / "containers.conf"
        configuration.write_text(NETWORK)
        self.command = ["env", f"CONTAINERS_CONF={configuration}", "podman"]
        self.command += [f"--root={folder}/storage", f"--runroot={folder}/run"]
        self.command += [f"--network-config-dir={folder}/networks", "--cgroup-manager=cgroupfs"]
        self.command += ["--events-backend=file", "--runtime=runc"]

    def tried(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        return subprocess.run(
            [*self.command, *map(str, words)], capture_output=True, text=True, check=False, timeout=BUILDING
        )

    def __call__(self, *words: str | Path) -> str:
        """The output of a command. Raises `AssertionError` where it fails."""
        done = self.tried(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


def require(programs: dict[str, str | None]) -> None:
    """Skip the test where a program is missing. `programs`: each one's folder, or `None` for one in `PATH`."""
    if missing := [name for name, folder in programs.items() if shutil.which(name, path=folder) is None]:
        pytest.skip(f"{', '.join(missing)} cannot be had: `make test-image` installs them on Debian")


def mirror() -> str:
    """The mirror of Debian 12 that this machine takes its packages from; skips the test where it cannot be used."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a base can be made by root alone")
    require(PROGRAMS)
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    mirrors = [line.split()[0] for line in lines if line.endswith(" bookworm")]
    if not mirrors:
        pytest.skip("this machine knows no mirror of Debian 12")
    return mirrors[0]


def base(folder: Path, name: str, packages: str) -> Path:
    """An archive of a small Debian with these packages, in place of the image of a registry."""
    archive = MADE / f"{name}.tar"
    if not archive.exists():
        made = folder / name
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", made, mirror()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=BUILDING)
        left_out = [f"--exclude=./{each}/*" for each in ("proc", "sys", "var/cache/apt", "var/lib/apt/lists")]
        partial = archive.with_suffix(".part")
        subprocess.run(["tar", "-C", made, *left_out, "-cf", partial, "."], check=True, timeout=BUILDING)
        partial.rename(archive)
    return archive


def build(engine: Podman, folder: Path) -> None:
    """Build the image as `points-gateway`, from the locked wheels, without a network."""
    lock = folder / "runtime.txt"
    # Debian's Python is an older 3.11 than this process may be, and needs what such a one needs.
    needed = re.sub(r"; python_full_version < '3\.11\.[^\\]+", "", (ROOT / "locks/runtime.txt").read_text("utf-8"))
    lock.write_text(needed, "utf-8")
    wheels = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", lock]
    subprocess.run([*wheels, "-d", MADE / "wheels"], check=True, timeout=BUILDING)
    (folder / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    engine("import", base(folder, "base", PACKAGES), PYTHON)
    volumes = [f"--volume={MADE}/wheels:/wheels:ro", f"--volume={folder}/pip.conf:/etc/pip.conf:ro"]
    # Docker's format keeps the health check, which OCI's has no place for.
    engine("build", "--format=docker", "--pull=never", "--network=none", "--tag=points-gateway", *volumes, ROOT)
