"""The workflow as a part of a larger one: a Snakemake module from a local path; what is refused, and by which words."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

import running
from test_own_pairs import collection as collection_of_pairs
from test_own_photos import collection

NOTHING = "Nothing to be done"
USED = """
module {name}:
    snakefile: "soart/Snakefile"
    config: {config}
    prefix: "{name}"
use rule * from {name} as {name}_*
"""
GIVEN = """
import json
from snakemake.iocontainers import Wildcards
found = {}
for each in workflow.rules:
    layout = globals()[each.name.partition("_")[0]].LAYOUT
    names = {"shard": layout.by_name, "panel": [panel["name"] for panel in layout.panels]}
    jobs = [{key: value} for key in each.wildcard_names for value in names[key]]
    for values in jobs if each.wildcard_names else [{}]:
        for _, given in each.params.items():
            found[f"{each.name} {values}"] = given(Wildcards(fromdict=values))
with open("given.json", "w") as file:
    json.dump(found, file)
"""


def parent(folder: Path, snakefile: str) -> Path:
    """A folder with a parent workflow, and this one below `soart/`, as a submodule lies there."""
    running.tiny(folder / "soart")
    (folder / "Snakefile").write_text(snakefile)
    return folder


def runs_once(folder: Path) -> str:
    """Run the parent, and once more, where nothing is left to do; return what the first run said."""
    said = running.run(folder)
    assert NOTHING in running.run(folder)
    return said


@pytest.mark.slow
def test_all_rules_with_one_key_of_the_configuration(tmp_path, tiny_run):
    """And without a prefix, beside a table of the parent's own, which is no leftover."""
    folder = parent(
        tmp_path,
        """
module soart:
    snakefile: "soart/Snakefile"
    config: {"seed": 3}
use rule * from soart

rule own:
    output: "results/metrics/own.csv", directory("results/images/own")
    params: given={"code": "none of the module's"}
    shell: "echo a,b > {output[0]}; mkdir {output[1]}; echo a,b > {output[1]}/1.csv"
""",
    )
    runs_once(folder)
    recorded = json.loads((folder / "results/manifest.json").read_text())["config"]
    shipped = yaml.safe_load((folder / "soart/config/config.yaml").read_text())
    assert recorded["seed"] == 3
    assert {key: recorded[key] for key in shipped} == shipped | {"seed": 3}
    here, there = running.values(folder), running.values(tiny_run)
    assert here.keys() == there.keys()
    same = {path for path in here if here[path] == there[path]}
    assert "results/images/image_standard.jpg" in same
    assert not same & {path for path in here if path.startswith(("results/images/learn/", "results/inspection/model"))}

    running.run(folder, "--cores", "1", "own")
    (folder / "results/metrics/by_hand.csv").write_text("a,b\n1,2\n")
    snakefile = (folder / "Snakefile").read_text()
    (folder / "Snakefile").write_text(snakefile.replace('{"seed": 3}', '{"seed": 3, "normal_images": 3}'))
    left = "results/images/normal/image_normal_2.jpg"
    running.run(folder, "--cores", "1", "draw_set_normal")
    assert (folder / left).exists()
    (folder / "Snakefile").write_text(snakefile)
    before = set(running.times(folder / "results"))
    assert f"1 file(s) of results belong to another configuration ({left})" in running.run(folder, "-c1", "verify")
    running.run(folder, "--cores", "1", "remove_leftovers")
    assert {path for path in before if not path.exists()} == {folder / left}


@pytest.mark.slow
def test_two_modules_with_prefixes_make_what_the_workflow_makes_alone(tmp_path, tiny_run):
    """Beside a rule of the parent's, which stays what is made without a target."""
    folder = parent(
        tmp_path,
        """
rule both:
    input: "washers/results/manifest.json", "nuts/results/manifest.json", "washers/results/report.html"

module washers:
    snakefile: "soart/Snakefile"
    config: {}
    prefix: "washers"
use rule * from washers as washers_*

module nuts:
    snakefile: "soart/Snakefile"
    config: {"seed": 3}
    prefix: "nuts/"
use rule * from nuts as nuts_*

onstart:
    washers.onstart()

onsuccess:
    washers.onsuccess()
""",
    )
    said = runs_once(folder)
    assert "both" in running.finished(said)
    assert f"report: {folder}/washers/results/report.html" in said
    assert {path.name for path in folder.iterdir()} == {".snakemake", "Snakefile", "nuts", "soart", "washers"}
    assert not (folder / "washers/washers").exists()
    washers, nuts = running.values(folder, "washers"), running.values(folder, "nuts")
    assert washers == running.values(tiny_run)
    assert nuts.keys() == washers.keys()
    assert nuts != washers
    page = (folder / "washers/results/report.html").read_text(encoding="utf-8")
    assert "snakemake --cores 2" in page  # the line that started the run, which the parent's onstart had recorded
    assert 'src="data:image' in page

    stray = folder / "washers/results/metrics/of_before.csv"
    stray.write_text("a,b\n1,2\n")
    said = running.run(folder, "--cores", "1", "washers_verify")
    assert f"All {len(washers)} results are as the last full run left them." in said
    assert "1 file(s) of results belong to another configuration (washers/results/metrics/of_before.csv)" in said
    running.run(folder, "--cores", "1", "washers_remove_leftovers")
    assert not stray.exists()
    (folder / "washers/results/metrics/metrics.csv").write_text("a,b\n1,2\n")
    said = running.run(folder, "--cores", "1", "washers_verify", fails=True)
    assert "washers/results/metrics/metrics.csv holds other values" in said
    assert "(made by gather_metrics)" in said


@pytest.mark.slow
def test_what_jobs_are_given_names_no_result_without_the_prefix(tmp_path):
    """A path that is no input or output stands below the prefix by our own doing, and may be forgotten."""
    kinds = {"drawn": {}, "photos": {"photos": "photos"}, "pairs": {"photos": "pairs/photos.tsv", "detector": "pair"}}
    used = [USED.format(name=name, config=config) for name, config in kinds.items()]
    folder = parent(collection(tmp_path), "".join(used) + GIVEN)
    collection_of_pairs(folder / "pairs")
    running.run(folder, "--list")
    given = json.loads((folder / "given.json").read_text())
    for name in kinds:
        assert len([job for job in given if job.startswith(f"{name}_")]) > 15
        assert any(f'"{name}/results/' in text for text in given.values())
    for job, text in given.items():
        assert '"results/' not in text, job


@pytest.mark.slow
def test_without_a_configuration_that_of_the_command_line_is_taken(tmp_path):
    folder = parent(tmp_path, 'module soart:\n    snakefile: "soart/Snakefile"\nuse rule * from soart\n')
    said = running.run(folder, "-n", "--config", "learn_images=1", fails=True)
    assert "config: learn_images: expected at least 2, got 1" in said
    assert "draw_set_learn" in running.planned(running.run(folder, "-n", "--config", "learn_images=3"))


@pytest.mark.slow
def test_photos_beside_rules_of_the_parents_own(tmp_path):
    """Rules with wildcards, with a ragged CSV, and one that reads the manifest."""
    folder = parent(
        collection(tmp_path),
        """
rule everything:
    input: "derived/a.txt", "derived/b.txt", "results/ragged.csv", "results/count.txt", "results/report.html"

rule derive:
    input: "raw/{name}.txt"
    output: "derived/{name}.txt"
    wildcard_constraints: name="[ab]"
    shell: "cp {input} {output}"

rule ragged:
    output: "results/ragged.csv"
    run:
        with open(output[0], "w") as file:
            file.write("a,b\\n1\\n1,2,3\\n")

module soart:
    snakefile: "soart/Snakefile"
    config: {"photos": "photos", "mosaic_size": 20, "words": "colour", "heatmap_values": "tiff"}
use rule * from soart exclude all

rule count:
    input: "results/manifest.json"
    output: "results/count.txt"
    run:
        import json
        with open(input[0]) as manifest, open(output[0], "w") as file:
            print(len(json.load(manifest)["results"]), file=file)
""",
    )
    (folder / "raw").mkdir()
    for name in "ab":
        (folder / f"raw/{name}.txt").write_text(name)
    said = runs_once(folder)
    assert "12 good photos to learn from, 8 to inspect" in said
    results = running.values(folder)
    assert int((folder / "results/count.txt").read_text()) == len(results)
    assert not [path for path in results if "ragged" in path or "count" in path or "derived" in path]
    flagged = json.loads((folder / "results/summary.json").read_text())["counts"]["flagged"]
    assert flagged >= 2
    maps = {path for path in results if path.startswith("results/inspection/heatmaps/inspect/")}
    assert {Path(path).suffix: len([each for each in maps if each.endswith(Path(path).suffix)]) for path in maps} == {
        ".png": 8,
        ".tiff": 8,
    }
    assert "All" in running.run(folder, "--cores", "1", "verify")


def remote(name: str, repository: Path, environment: dict[str, str]) -> str:
    """Name a Snakefile as a parent does, in a git repository that is not in its folder."""
    if name == "git+file":
        return f'"git+file://{repository}/Snakefile@main"'
    # What Snakemake has fetched of GitHub lies in its cache; there is no internet here.
    cached = Path(environment["XDG_CACHE_HOME"]) / "snakemake/snakemake/source-cache/snakemake-git-cache"
    to = cached / "github.com/someone/soart-attention"
    to.parent.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", repository, to], check=True)
    return 'github("someone/soart-attention", path="Snakefile", tag="v1")'


@pytest.mark.slow
@pytest.mark.parametrize("name", ["git+file", "github"])
def test_a_remote_source_is_refused_in_one_sentence(name, fresh, tmp_path):
    repository, environment = tmp_path / "repository", running.environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    running.clone(fresh, repository)
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-q", "-m", "all"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    folder = tmp_path / "parent"
    folder.mkdir()
    source = remote(name, repository, environment)
    (folder / "Snakefile").write_text(
        f'module soart:\n    snakefile: {source}\n    config: {{"seed": 3}}\nuse rule * from soart\n'
    )
    said = running.run(folder, env=environment, fails=True)
    assert "soart-attention runs from a folder on disk" in said
    assert "git submodule" in said
    assert "Traceback" not in said
    assert not (folder / "results").exists()


@pytest.mark.slow
def test_replaced_prefixes_are_refused_in_one_sentence(tmp_path):
    folder = parent(
        tmp_path,
        """
module soart:
    snakefile: "soart/Snakefile"
    config: {}
    replace_prefix: {"results/": "made/"}
use rule * from soart
""",
    )
    said = running.run(folder, "-n", fails=True)
    assert "replace_prefix" in said
    assert "prefix:" in said
    assert "Traceback" not in said
