"""What the workflow costs with 10^2 to 10^5 photos: planning, stages, memory, disk, and one photo replaced.

    python benchmarks/scale/measure.py 100 1000 10000      (from the repository, inside its environment)

The photos are 500x500 JPEGs of the drawn part with camera noise: 50 good ones, and the same few hundred to inspect
under as many names as asked for (hard links). Each row goes to benchmarks/scale/results.csv; `--table` prints them and
draws benchmarks/scale/growth.png. CPU seconds are of all processes together, peak memory is of the largest one.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from soart import pictures, scene, streams  # noqa: E402

GOOD, DIFFERENT = 50, 200
STAGES = ("read_matrices", "check_photos", "learn_model", "inspect_images", "measure_metrics", "draw_heatmaps")
CHILD = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
sys.stderr.write(done.stdout[-3000:] + done.stderr[-3000:] if done.returncode else "")
print(json.dumps({"wall": wall, "cpu": cpu, "peak": used.ru_maxrss / 1024, "code": done.returncode}))
"""
READ = """
import sys, cv2
cv2.setNumThreads(1)
for path in sys.stdin.read().splitlines():
    cv2.imread(path)
"""


def lay(folder: Path, count: int) -> None:
    """Draw the photos and link them under as many names."""
    part = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
    errors = [error["changes"] for error in part["errors"]]
    for name, number in (("good", GOOD), ("inspect", min(count, DIFFERENT))):
        for index in range(number):
            changes = errors[index // 10 % len(errors)] if name == "inspect" and index % 10 == 0 else []
            rng = streams.generator(1, f"scale {name}", index)
            picture, _ = scene.sample(part, changes, scene.Fluctuation(10), scene.Camera(0.0, 3.0), rng)
            pictures.write_jpeg(folder / name / f"{index:06}.jpg", picture, 95)
    for index in range(DIFFERENT, count):
        target = folder / "inspect" / f"{index // 1000:03}" / f"{index:06}.jpg"
        target.parent.mkdir(exist_ok=True)
        os.link(folder / "inspect" / f"{index % DIFFERENT:06}.jpg", target)


def measured(command: list[str], folder: Path) -> dict[str, float]:
    """Run a command and measure its whole process tree."""
    done = subprocess.run([sys.executable, "-c", CHILD, *command], cwd=folder, capture_output=True, text=True)
    found = json.loads(done.stdout)
    if found.pop("code"):
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{done.stderr}")
    return found


def workflow(folder: Path, *arguments: str) -> dict[str, float]:
    """Run the workflow on the photos."""
    snakemake = [str(Path(sys.executable).parent / "snakemake"), "-s", str(ROOT / "Snakefile"), "--cores", "2"]
    profile = ["--workflow-profile", str(ROOT / "profiles" / "default")]
    return measured([*snakemake, *profile, *arguments, "--config", "photos=photos"], folder)


def plain_reading(folder: Path, most: int = 2000) -> float:
    """CPU seconds a photo of a plain `cv2.imread` loop over the same files."""
    files = sorted(map(str, (folder / "photos" / "inspect").rglob("*.jpg")))[:most]
    start = os.times()
    subprocess.run([sys.executable, "-c", READ], input="", text=True, check=True)
    empty = os.times()
    subprocess.run([sys.executable, "-c", READ], input="\n".join(files), text=True, check=True)
    full = os.times()
    first, second = (b[2] + b[3] - a[2] - a[3] for a, b in ((start, empty), (empty, full)))
    return (second - first) / len(files)


def stages(folder: Path) -> dict[str, float]:
    """CPU seconds of each stage's jobs together, from their benchmark files."""
    found = {}
    for stage in STAGES:
        rows = [
            line.split("\t")
            for path in (folder / "results/logs" / stage).rglob("*.tsv")
            for line in path.read_text().splitlines()
        ]
        heads = [row for row in rows if row[0] == "s"]
        found[f"{stage}_s"] = sum(float(row[0]) for row in rows if row[0] != "s") if heads else 0.0
    return found


def largest_job(folder: Path) -> tuple[str, float]:
    """The rule whose job took most memory, and how many megabytes, from the benchmark files."""
    found = ("none", 0.0)
    for path in (folder / "results" / "logs").rglob("*.tsv"):
        heads, values = (line.split("\t") for line in path.read_text().splitlines()[:2])
        memory = dict(zip(heads, values, strict=True))["max_rss"]
        if memory not in ("NA", "-") and float(memory) > found[1]:
            found = (path.relative_to(folder / "results" / "logs").parts[0], float(memory))
    return found


def size(folder: Path) -> tuple[float, int]:
    """Megabytes on disk and number of files."""
    files = [path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()]
    return sum(files) / 1e6, len(files)


def row(count: int) -> dict[str, float]:
    """Everything measured at one number of photos."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        lay(folder / "photos", count)
        found = {"photos": count, "imread_ms": 1000 * plain_reading(folder)}
        planning = workflow(folder, "-n")
        found |= {"planning_s": planning["wall"], "planning_mb": planning["peak"]}
        verdicts = workflow(folder, "results/inspection/verdicts.csv")
        found |= {f"verdicts_{key}": value for key, value in verdicts.items()}
        full = workflow(folder)
        found |= {f"rest_{key}": value for key, value in full.items()} | stages(folder)
        found["largest_job"], found["largest_job_mb"] = largest_job(folder)
        found["results_mb"], found["results_files"] = size(folder / "results")
        found["metadata_mb"], _ = size(folder / ".snakemake")
        shutil.copy(folder / "photos" / "inspect" / "000000.jpg", folder / "other.jpg")
        os.replace(folder / "other.jpg", folder / "photos" / "inspect" / "000003.jpg")
        start = time.time()
        again = workflow(folder, "results/inspection/verdicts.csv")
        found |= {f"replaced_{key}": value for key, value in again.items()}
        reads = (folder / "results" / "logs" / "read_matrices").rglob("*.log")
        found["replaced_shards_read"] = sum(path.stat().st_mtime > start for path in reads)
    found["verdicts_of_imread"] = found["imread_ms"] / (1000 * verdicts["cpu"] / count)
    return found


def shown(cell: str) -> str:
    """A number with three digits, any other text as it is."""
    try:
        return f"{float(cell):.3g}"
    except ValueError:
        return cell


def table(path: Path) -> None:
    """Print all rows side by side and draw how the costs grow."""
    with path.open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda each: int(each["photos"]))
    print("| | " + " | ".join(each["photos"] for each in rows) + " |")
    print("|---|" + "---|" * len(rows))
    for name in list(rows[0])[1:]:
        print(f"| {name} | " + " | ".join(shown(each[name]) for each in rows) + " |")
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    counts = [int(each["photos"]) for each in rows]
    figure, (cost, memory) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, label in (
        ("verdicts_cpu", "from files to verdicts"),
        ("rest_cpu", "the rest"),
        ("planning_s", "planning"),
    ):
        cost.loglog(counts, [1000 * float(each[name]) / int(each["photos"]) for each in rows], "o-", label=label)
    cost.loglog(counts, [float(each["imread_ms"]) for each in rows], "k--", label="plain cv2.imread")
    cost.set(xlabel="photos", ylabel="CPU milliseconds a photo")
    cost.legend()
    for name, label in (("verdicts_peak", "run to verdicts"), ("rest_peak", "the rest"), ("planning_mb", "planning")):
        memory.semilogx(counts, [float(each[name]) for each in rows], "o-", label=label)
    memory.axhline(500, color="gray", linestyle=":")
    memory.set(xlabel="photos", ylabel="peak memory of the largest process, MB", ylim=(0, None))
    memory.legend()
    figure.savefig(HERE / "growth.png", dpi=100)


def main() -> None:
    """Measure each number of photos, then print what is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, help="numbers of photos")
    given = parser.parse_args()
    path = HERE / "results.csv"
    for count in given.counts:
        found = row(count)
        known = list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []
        rows = [each for each in known if int(each["photos"]) != count] + [found]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(found), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    table(path)


if __name__ == "__main__":
    main()
