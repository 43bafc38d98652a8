"""The same values whatever the machine is busy with or set to: cores, folder, threads, hash seed, time zone, locale."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import running
from conftest import ROOT
from soart.names import RESULT_ENDINGS
from soart.storage import manifest, reference

pytestmark = pytest.mark.slow
SURROUNDINGS = {
    "PYTHONHASHSEED": ("0", "4242"),
    "TZ": ("UTC", "Asia/Tokyo"),
    "LC_ALL": ("C", "C.UTF-8"),
    "OPENCV_FOR_THREADS_NUM": ("1", "4"),
}
NEWER = ("3.14", "3.13", "3.12")
ONE_THREAD = '{"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}'


@pytest.fixture
def first(tiny_run) -> Path:
    """A run on two cores."""
    return tiny_run


@pytest.fixture
def fresh(first, tmp_path) -> Path:
    """The same repository elsewhere, in which nothing has run."""
    return shutil.copytree(first, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("results", ".snakemake"))


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every result; not of logs and report, which hold times, nor of the manifest, which says where."""
    paths = [
        path
        for path in (folder / "results").rglob("*")
        if path.is_file() and path.suffix not in (".html", ".json", ".md")
    ]
    named = {path.relative_to(folder / "results").as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in named.items() if not name.startswith("logs/")}


def assert_identical(here: Path, there: Path) -> None:
    """Equal values, and equal bytes too: all of them were written by the same versions."""
    assert running.values(here) == running.values(there)
    one, two = contents(here), contents(there)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_working_directory_and_order_of_jobs(first, fresh, tmp_path):
    """In a folder beside the workflow, stage by stage instead of all at once."""
    (tmp_path / "here").mkdir()
    profile = ("--workflow-profile", str(fresh / "profiles/default"))
    for target in ("inspection", "attention", "all"):
        where = ("--directory", str(tmp_path / "here"), "-s", str(fresh / "Snakefile"))
        running.run(fresh, "--cores", "2", *where, *profile, target)
    assert_identical(first, tmp_path / "here")


@pytest.mark.parametrize(("which", "cores"), [(0, "1"), (1, "4")])
def test_surroundings(which, cores, first, fresh):
    """Cores, hash seed, time zone, locale and threads, all changed together."""
    rules = fresh / "rules/common.smk"
    assert ONE_THREAD in rules.read_text()
    rules.write_text(rules.read_text().replace(ONE_THREAD, ONE_THREAD.replace('"1"', '"1"' if which == 0 else '"4"')))
    surroundings = running.environment(**{name: values[which] for name, values in SURROUNDINGS.items()})
    running.run(fresh, "--cores", cores, env=surroundings)
    assert_identical(first, fresh)


def newer_pythons() -> list[str]:
    """The newest of the other Pythons on this machine that can make environments, if there is one: PATH, pyenv."""
    for version in (each for each in NEWER if f"{sys.version_info[0]}.{sys.version_info[1]}" != each):
        installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
        for path in filter(None, (shutil.which(f"python{version}"), *map(str, sorted(installed)))):
            if not subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode:
                return [path]
    return []


@pytest.mark.parametrize("python", newer_pythons(), ids=lambda path: Path(path).name)
def test_newest_python(python, first, fresh, tmp_path):
    """Another Python, with the same pinned packages."""
    programs = tmp_path / "venv/bin"
    subprocess.run([python, "-m", "venv", programs.parent], check=True)
    install = [programs / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--require-hashes"]
    subprocess.run([*install, "-r", ROOT / "requirements/run.txt"], check=True)
    subprocess.run([programs / "snakemake", "--cores", "2"], cwd=fresh, env=running.environment(), check=True)
    recorded = manifest.read(fresh / "results/manifest.json")["machine"]["python"]
    assert not recorded.startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert_identical(first, fresh)


def test_fewer_images_are_the_first_of_more(first, fresh):
    """An image, its matrix and its metrics do not depend on how many others are drawn and measured with it."""
    running.edit_yaml(
        fresh / "config/config.yaml", lambda config: config.update(normal_images=1, error_images=1, panels=[])
    )
    running.run(fresh, "--cores", "2", "metrics")
    for path in (fresh / "results/images").rglob("*.*"):
        assert path.read_bytes() == (first / path.relative_to(fresh)).read_bytes()
    for path in (fresh / "results/matrices/csv").rglob("*.csv"):
        assert path.read_bytes() == (first / path.relative_to(fresh)).read_bytes()
    for path in ("results/metrics/sets/normal.parquet", "results/metrics/sets/errorA.parquet"):
        few, many = manifest.values(fresh / path), manifest.values(first / path)
        chosen = (many["image"] == few["image"][0]) & np.isin(many["standard"], few["standard"])
        assert {name: column[chosen].tolist() for name, column in many.items()} == {
            name: column.tolist() for name, column in few.items()
        }


# OpenBLAS and numpy choose their code by the processor; these make them choose that of an older one
OLDER_PROCESSOR = {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}


def test_another_processor_is_within_the_tolerance(first, fresh, tmp_path, monkeypatch):
    """Results made with the instructions of an older processor reproduce the reference: pixels and names equal,
    numbers within the tolerance."""
    published = _published(first, tmp_path, monkeypatch)
    features = np.show_config("dicts").get("SIMD Extensions", {}).get("found", [])
    named = " ".join(name for name in OLDER_PROCESSOR["NPY_DISABLE_CPU_FEATURES"].split() if name in features)
    running.run(fresh, env=running.environment(**OLDER_PROCESSOR | {"NPY_DISABLE_CPU_FEATURES": named}))
    monkeypatch.chdir(fresh)
    found = reference.compare_results(*published)
    print(found)
    assert found.problems == []


def _published(folder: Path, tmp_path: Path, monkeypatch) -> tuple[dict, np.ndarray]:
    monkeypatch.chdir(folder)
    entries, numbers = reference.publish(manifest.read("results/manifest.json"))
    return entries["results"], numbers


# --- the published run -----------------------------------------------------------------------------------------------


def test_verify_reference(first, tmp_path):
    """A reference that a run has written: reproduced by that run, and not by one of another configuration."""
    folder = running.clone(first, tmp_path / "publishing")
    for path in (folder / "config/reference").glob("*"):
        path.unlink()
    said = running.run(folder, "--cores", "2", "write_reference").splitlines()[-1]
    count = sum(path.endswith(RESULT_ENDINGS) for path in running.values(folder))  # folders have no values of their own
    assert said == f"Published {count} results in config/reference"
    said = running.run(folder, "--cores", "1", "verify_reference")
    assert f"{count} results equal the published ones exactly, 0 within tolerance, 0 not at all" in said
    image = folder / "results/images/normal/image_normal_0.jpg"
    image.write_bytes((folder / "results/images/normal/image_normal_1.jpg").read_bytes())
    said = running.run(folder, "--cores", "1", "verify_reference", fails=True)
    assert "image_normal_0.jpg differs in what must be equal: pixels, names, whole numbers or text" in said
    running.run(folder, "--cores", "2", "--config", "seed=2")
    said = running.run(folder, "--cores", "1", "verify_reference", fails=True)
    assert "this run is not comparable with the published one: config: 'seed' is not as in the published run" in said
    assert yaml.safe_load((folder / "config/config.yaml").read_text())["seed"] == 1


def test_the_published_run_is_reproduced(finished):
    """The default configuration is the run in config/reference/; after a change of results: make reference."""
    said = running.run(finished, "--cores", "1", "verify_reference")
    assert "results equal the published ones exactly" in said


def test_shard_sizes(first, fresh):
    """Photos of one's own, in shards of 2 or all at once: the same metrics, model, verdicts and heat maps."""
    for name in ("learn", "normal"):
        folder = {"learn": "good", "normal": "inspect"}[name]
        shutil.copytree(first / f"results/images/{name}", fresh / "photos" / folder)
    found = []
    for size in (2, 100):
        options = ("--cores", "2", "--config", "photos=photos", f"shard_size={size}")
        running.run(fresh, *options)
        results = fresh / "results"
        found.append(
            {path.name: manifest.value_digest(manifest.values(path)) for path in results.rglob("heatmaps/**/*.png")}
        )
        found[-1]["model"] = manifest.value_digest(manifest.values(results / "inspection/model.npz"))
        for name in ("metrics/metrics", "inspection/verdicts"):
            found[-1][name] = by_row(results / f"{name}.parquet")
        shutil.rmtree(results)
    assert len(found[0]) == 5
    assert found[0] == found[1]


def by_row(path: Path) -> list[tuple]:
    """The rows of a table, in an order that does not depend on the shards."""
    return sorted(zip(*(column.tolist() for column in manifest.values(path).values()), strict=True), key=repr)
