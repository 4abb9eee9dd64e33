"""The workflows run what `.ci/run` runs, on the Pythons that the package claims, and may do no more than they must."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.fresh import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yml")}
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
RUN = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def sessions() -> set[str]:
    """The sessions of the noxfile."""
    return set(re.findall(r"^@nox\.session(?:\(.*\))?\ndef (\w+)\(", NOXFILE, re.MULTILINE))


def sessions_run_by(text: str) -> set[str]:
    """The sessions that a script or a workflow names after `nox -s`, without their Python."""
    words = [
        word for line in re.findall(r"\bnox\b[^\n'`]*? -s ([^\n'`]*)", text) for word in line.split(" -- ")[0].split()
    ]
    return {word.strip('"').partition("-")[0] for word in words}


def test_everything_is_run_by_one_command() -> None:
    # `tests` is run by the README's own command.
    assert sessions_run_by(RUN) == sessions()
    assert re.search(r"^      - run: bash \.ci/run$", WORKFLOWS["ci"], re.MULTILINE)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_names_sessions_that_exist(name: str) -> None:
    assert sessions_run_by(WORKFLOWS[name]) <= sessions()


def test_pythons_are_the_same_everywhere() -> None:
    claimed = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: Python :: 3\.", each)]
    assert PROJECT["requires-python"] == f">={claimed[0]}"
    (in_nox,) = re.findall(r"^PYTHONS = \[(.*)\]$", NOXFILE, re.MULTILINE)
    (in_matrix,) = re.findall(r"^ +python: \[(.*)\]$", WORKFLOWS["ci"], re.MULTILINE)
    assert re.findall(r"[\d.]+", in_nox) == re.findall(r"[\d.]+", in_matrix) == claimed
    (installed,) = re.findall(r"python-version: \|\n((?: +3\.\d+\n)+)", WORKFLOWS["ci"])
    assert sorted(installed.split()) == claimed


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_permitted_but_what_a_job_names(name: str) -> None:
    text = WORKFLOWS[name]
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert "secrets." not in text
    jobs = re.split(r"^  (?=\w+:\n)", text.split("\njobs:\n")[1], flags=re.MULTILINE)[1:]
    assert jobs
    for job in jobs:
        assert "    permissions:\n" in job
        assert "timeout-minutes:" in job or "uses: ./.github/workflows/" in job
        allowed = set(re.findall(r"^      ([\w-]+): write$", job, re.MULTILINE))
        assert allowed == {
            "publish": {"id-token"},
            "attest": {"id-token", "attestations"},
        }.get(job.partition(":")[0], set())


def test_publishing_waits_for_everything_else() -> None:
    text = WORKFLOWS["release"]
    assert re.search(r"^  publish:\n    needs: attest$", text, re.MULTILINE)
    assert re.search(r"^  attest:\n    needs: \[ci, build\]$", text, re.MULTILINE)
    assert 'python tools/check_release.py "$TAG"' in text
