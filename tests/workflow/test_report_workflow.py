"""The report as the workflow makes it: when it is made anew, and what Snakemake's own report holds."""

import html
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from running import SNAKEMAKE, clone, environment, finished, run, values

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("report_workflow")]


ALARM = ("alarm=conformal", "false_alarm_rate=0.25")  # which four good images allow


@pytest.fixture(scope="module")
def made(tiny_run, tmp_path_factory) -> Path:
    """A small copy of the repository whose workflow has run."""
    return clone(tiny_run, tmp_path_factory.mktemp("report") / "made")


def test_a_changed_template_makes_the_report_anew_and_the_manifest_that_holds_its_overview(made):
    before = values(made)
    style = made / "scripts/soart/report/templates/report.css"
    style.write_text(style.read_text(encoding="utf-8") + "/* wider */\n", encoding="utf-8")
    assert finished(run(made)) - {"all"} == {"write_report", "write_manifest"}
    assert values(made) == before
    assert "/* wider */" in (made / "results/report.html").read_text(encoding="utf-8")
    assert finished(run(made)) == set()


def test_the_report_is_no_result_of_the_manifest(made):
    results = json.loads((made / "results/manifest.json").read_text(encoding="utf-8"))["results"]
    assert "results/inspection/verdicts.csv" in results
    assert "results/report.html" not in results


def test_the_same_results_make_the_same_page_but_for_run_times(made):
    def page() -> str:
        text = (made / "results/report.html").read_text(encoding="utf-8")
        return re.sub(r"<(p|span|table|dd|pre) data-run-time>.*?</\1>", "", text, flags=re.DOTALL)

    before = page()
    (made / "results/report.html").unlink()
    assert "write_report" in finished(run(made))
    assert page() == before


def test_snakemake_s_own_report_has_results_labels_and_captions(made, tmp_path):
    run(made, "--report", str(tmp_path / "report.zip"))
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        data = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith((".js", ".html")))
        names = {Path(name).name for name in archive.namelist()}
    shown = (
        "overview.png",
        "report.html",
        "verdicts.csv",
        "calibration.csv",
        "evaluation.csv",
        "separation.csv",
        "metrics.csv",
    )
    assert set(shown) <= names
    assert {"signs.csv", "extremes.csv", "image_normal_0.png"} <= names
    about = "of every other picture it is said whether the part is good"
    for text in ("4. Inspection", "calibration card", "Which false-alarm rates the good images allow", about):
        assert text in data


def test_without_errors_and_panels_there_is_a_report(made):
    (made / "bare.yaml").write_text("scene: bare_scene.yaml\npanels: []\n")
    scene = (made / "config/scene.yaml").read_text(encoding="utf-8")
    (made / "bare_scene.yaml").write_text(scene[: scene.index("errors:")] + "errors: []\n", encoding="utf-8")
    run(made, "--cores", "2", "--configfile", "bare.yaml", "--directory", "bare")
    page = (made / "bare/results/report.html").read_text(encoding="utf-8")
    assert "2 images inspected" in page
    assert "Missed defects" not in page
    assert "The configuration has no panels." in page


def test_the_line_to_make_it_again_makes_it_again(made, tmp_path):
    """The line that the report shows was given in another folder, with a folder of results of its own."""
    (tmp_path / "here").mkdir()
    (made / "few.yaml").write_text("panels: []\nnormal_images: 1\n", encoding="utf-8")
    arguments = ["--cores", "2", "--snakefile", str(made / "Snakefile"), "--directory", "my results"]
    shell = environment(PWD=str(tmp_path / "here"))
    said = run(tmp_path / "here", *arguments, "--configfile", str(made / "few.yaml"), env=shell)
    report = tmp_path / "here/my results/results/report.html"
    assert f"; report: {report}\n" in said
    page = report.read_text(encoding="utf-8")
    line = html.unescape(re.search(r"<pre data-run-time><code>(.*?)</code></pre>", page, re.DOTALL).group(1))
    assert line.startswith(f"cd {tmp_path}/here && snakemake ")
    report.unlink()
    program = environment(PATH=f"{Path(SNAKEMAKE).parent}{os.pathsep}{os.environ['PATH']}")
    subprocess.run(line, shell=True, check=True, cwd="/", env=program, capture_output=True)
    assert report.is_file()


def test_fail_on_ends_with_exit_code_1_after_everything_else_each_time(made):
    for _ in range(2):
        said = run(made, "--cores", "2", "--config", "fail_on=flagged", *ALARM, fails=True)
        assert re.search(
            r"Error in judge_outcome: fail_on: flagged: \d of \d images are flagged; the run ends with", said
        )
    assert (made / "results/report.html").is_file()
    assert finished(run(made, "--cores", "2", "--config", "fail_on=not_compared", *ALARM)) >= {"judge_outcome"}
    assert "Nothing to be done" in run(made, "--cores", "2", "--config", "fail_on=not_compared", *ALARM)
    run(made)
