"""The files that catalogs and servers look for."""

import re
import subprocess

import yaml

from soart.inspection import line


def test_the_version_stands_in_three_places_alike(root):
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == line.VERSION
    assert f"\n## {line.VERSION}\n" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()


def test_the_server_runs_the_jobs_that_there_are(root):
    jobs = yaml.safe_load((root / ".github/workflows/tests.yml").read_text(encoding="utf-8"))["jobs"]["run"]
    assert jobs["steps"][-1]["run"] == ".ci/run ${{ matrix.job }}"
    script = (root / ".ci/run").read_text(encoding="utf-8")
    assert jobs["strategy"]["matrix"]["job"] == re.search(r"\$\{@:-([\w ]+)\}", script)[1].split()
    assert subprocess.run(["bash", "-n", root / ".ci/run"]).returncode == 0


def test_the_catalogs_file_is_true(root):
    catalog = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    rules = "".join(path.read_text(encoding="utf-8") for path in (root / "rules").glob("*.smk"))
    stack = catalog["software-stack-deployment"]
    assert stack == {"conda": "conda:" in rules, "apptainer": "container:" in rules, "apptainer+conda": False}
