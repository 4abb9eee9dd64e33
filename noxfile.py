"""Sessions for tests, types, lint, generated code, builds and benchmarks; `nox -l` lists them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"
# A machine need not have them all; .ci/run checks which ones really ran.
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
TEST_TOOLS = [
    "pytest>=8",
    "hypothesis>=6.100",
    "pytest-xdist>=3.6",
    "opentelemetry-sdk>=1.27",
    "mailerlite==0.2.0",
    "httpx-aiohttp>=0.1.9",
]
# Each test stands alone, so all processors can share them.
PARALLEL = ["-n", "auto", "--dist", "worksteal"]
# The programs that fork; tests skip without them, but not where CI is set. They also need redis-server.
WORKER_TOOLS = ["celery>=5.4", "gunicorn>=23"]
PYRIGHT = "pyright[nodejs]>=1.1.390"
ROOT = Path(__file__).parent


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The default test suite, on every Python from 3.11 that is present."""
    session.install("-e", ".[cli,testing]", *TEST_TOOLS)
    session.run("pytest", *PARALLEL, *session.posargs)
    _note_version(session)


@nox.session
def system(session: nox.Session) -> None:
    """Tests with real processes and long runs; those with Redis start a redis-server of their own."""
    session.install("-e", ".[cli,redis,testing]", *TEST_TOOLS, *WORKER_TOOLS)
    session.run("pytest", "-m", "system", *session.posargs)


@nox.session
def typing(session: nox.Session) -> None:
    """Type checks with mypy --strict and pyright."""
    session.install(
        "-e", ".[cli,redis,testing]", *TEST_TOOLS, *WORKER_TOOLS, "mypy>=1.15", PYRIGHT, "nox", "pydantic>=2"
    )
    session.run("mypy")
    session.run("pyright")


@nox.session
def lint(session: nox.Session) -> None:
    """Lint and layout with ruff."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def generate(session: nox.Session) -> None:
    """Write facades and table of endpoints from the builders; with `-- --check`, fail if they are out of date."""
    session.run("python", "tools/generate_facades.py", *session.posargs)
    session.install("-e", ".")
    session.run("python", "tools/generate_coverage.py", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheel and sdist, then test the installed wheel, and that it says all its types, away from the checkout."""
    session.install("build>=1.2", "twine>=6")
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("twine", "check", "--strict", *map(str, dist.iterdir()))
    (wheel,) = dist.glob("*.whl")
    session.install(f"mailerlite-async[cli,testing] @ {wheel.resolve().as_uri()}", *TEST_TOOLS, PYRIGHT)
    elsewhere = Path(session.create_tmp()) / "elsewhere"
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir()
    for name in ("tests", "docs", "examples", "tools", "README.md", "CHANGELOG.md", "pyproject.toml", ".ci"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, elsewhere / name)
    with session.chdir(elsewhere):
        session.run("pytest", *PARALLEL, "--ignore=tests/core/test_generator.py")
        # Fails below 100 %.
        session.run("pyright", "--verifytypes", "mailerlite_async", "--ignoreexternal")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks; with `-- --short`, only to see that they work, with `-- --write` the results are kept."""
    peers = ["mailerlite==0.2.0", "pydantic>=2", "requests>=2.32", "tenacity>=8"]
    session.install("-e", ".[aiohttp,redis,testing]", *peers)
    if {"--write", "--into"} & {*session.posargs}:
        session.install("matplotlib>=3.8")
    session.run("python", "-m", "benchmarks", *session.posargs)


def _note_version(session: nox.Session) -> None:
    """Append the version that ran to the file .ci/run reads."""
    log = os.environ.get("TESTS_RAN_LOG")
    if log:
        code = "import sys; open(sys.argv[1], 'a').write('%d.%d\\n' % sys.version_info[:2])"
        session.run("python", "-c", code, log)
