"""Costs of the workflow with 10^2 to 10^5 photos: planning, stages, memory, disk, and one photo replaced.

    python benchmarks/scale/measure.py 100 1000 10000            (from the repository, inside its environment)
    python benchmarks/scale/measure.py --verdicts 100000         (as far as the verdicts: less than half of the time)
    python benchmarks/scale/measure.py --learning 100 1000 10000
    python benchmarks/scale/measure.py                           (the tables and the picture of what is known)

The photos are 500x500 JPEGs of the drawn part with camera noise: 50 good ones, and the same few hundred to inspect
under as many names as asked for (hard links). Each row goes to results.csv, its stages to stages.csv, learning to
learning.csv, growth to growth.png. CPU seconds are of all processes together, peak memory is of the largest one; a
stage's are of its jobs, their starts included. Work goes to $TMPDIR: 10^5 photos need about 8 GB there.
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
from itertools import pairwise
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from soart import job, scene, streams  # noqa: E402
from soart.storage import pictures  # noqa: E402

GOOD, DIFFERENT = 50, 200
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


LABELS = {
    "photos": "photos to inspect",
    "imread_ms": "CPU ms a photo of a plain `cv2.imread`",
    "planning_cpu": "planning, CPU s",
    "planning_wall": "planning, wall s",
    "planning_peak": "planning, MB",
    "verdicts_cpu": "from files to verdicts, CPU s",
    "verdicts_wall": "the same, wall s",
    "verdicts_of_imread": "the same, of the speed of `cv2.imread`",
    "verdicts_peak": "the same, MB of the largest process",
    "rest_cpu": "the rest (metrics, panels, heat maps, report, manifest), CPU s",
    "rest_wall": "the same, wall s",
    "rest_peak": "the same, MB of the largest process",
    "results_mb": "results, MB",
    "results_files": "results, files",
    "metadata_mb": "Snakemake's metadata, MB",
    "nothing_cpu": "nothing to do, CPU s",
    "nothing_wall": "the same, wall s",
    "replaced_shards_read": "one photo replaced: shards read again",
    "replaced_cpu": "the same, CPU s to the verdicts",
    "replaced_wall": "the same, wall s",
    "good": "good photos",
    "cpu_s": "learning, CPU s",
    "wall_s": "the same, wall s",
    "peak_mb": "the same, MB",
}  # of the columns that a README shows


def lay(folder: Path, good: int, inspect: int) -> None:
    """Draw the photos and link them under as many names."""
    part = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
    errors = [error["changes"] for error in part["errors"]]
    for name, count in (("good", good), ("inspect", inspect)):
        for index in range(min(count, DIFFERENT)):
            changes = errors[index // 10 % len(errors)] if name == "inspect" and index % 10 == 0 else []
            rng = streams.generator(1, f"scale {name}", index)
            picture, _ = scene.draw_sample(part, changes, scene.Fluctuation(10), scene.Camera(0.0, 3.0), rng)
            pictures.write_jpeg(folder / name / f"{index:06}.jpg", picture, 95)
        for index in range(DIFFERENT, count):
            target = folder / name / f"{index // 1000:03}" / f"{index:06}.jpg"
            target.parent.mkdir(exist_ok=True)
            os.link(folder / name / f"{index % DIFFERENT:06}.jpg", target)


def measured(command: list[str], folder: Path) -> dict[str, float]:
    """Run a command and measure its whole process tree."""
    done = subprocess.run([sys.executable, "-c", CHILD, *command], cwd=folder, capture_output=True, text=True)
    found = json.loads(done.stdout)
    if found.pop("code"):
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{done.stderr}")
    return found


def workflow(folder: Path, *arguments: str) -> dict[str, float]:
    """Run the workflow on the photos, by words of colour."""
    snakemake = [str(Path(sys.executable).parent / "snakemake"), "-s", str(ROOT / "Snakefile"), "--cores", "2"]
    profile = ["--workflow-profile", str(ROOT / "profiles" / "default")]
    return measured([*snakemake, *profile, *arguments, "--config", "photos=photos", "words=colour"], folder)


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


def stages(folder: Path) -> list[dict]:
    """Return what each script's jobs took, from the last lines of their logs."""
    logs, found = folder / "results" / "logs", {}
    for path in sorted(logs.rglob("*.log")):
        if used := job.used(path):
            found.setdefault(path.relative_to(logs).parts[0], []).append(used)
    return [
        {"stage": name, "jobs": len(jobs), "wall_s": sum(wall), "cpu_s": sum(cpu), "peak_mb": max(peak)}
        for name, jobs in found.items()
        for wall, cpu, peak in [zip(*jobs, strict=True)]
    ]


def size(folder: Path) -> tuple[float, int]:
    """Megabytes on disk and number of files."""
    files = [path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()]
    return sum(files) / 1e6, len(files)


def row(count: int, all_of_it: bool) -> tuple[dict, list[dict]]:
    """Measure at one number of photos, all of it or as far as the verdicts; return a row, and a row for each stage."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        lay(folder / "photos", GOOD, count)
        found = {"photos": count}
        planning = workflow(folder, "-n")
        found |= {f"planning_{key}": value for key, value in planning.items()}
        before = plain_reading(folder)
        verdicts = workflow(folder, "results/inspection/verdicts.csv")
        found["imread_ms"] = 1000 * (before + plain_reading(folder)) / 2
        found |= {f"verdicts_{key}": value for key, value in verdicts.items()}
        found["verdicts_of_imread"] = found["imread_ms"] / (1000 * verdicts["cpu"] / count)
        if not all_of_it:
            return found, [{"photos": count, **each} for each in stages(folder)]
        found |= {f"rest_{key}": value for key, value in workflow(folder).items()}
        steps = [{"photos": count, **each} for each in stages(folder)]
        found["results_mb"], found["results_files"] = size(folder / "results")
        found["metadata_mb"], found["metadata_files"] = size(folder / ".snakemake")
        nothing = workflow(folder)
        found |= {f"nothing_{key}": value for key, value in nothing.items()}
        shutil.copy(folder / "photos" / "inspect" / "000000.jpg", folder / "other.jpg")
        os.replace(folder / "other.jpg", folder / "photos" / "inspect" / "000003.jpg")
        start = time.time()
        again = workflow(folder, "results/inspection/verdicts.csv")
        found |= {f"replaced_{key}": value for key, value in again.items()}
        reads = (folder / "results" / "logs" / "read_photos").rglob("*.log")
        found["replaced_shards_read"] = sum(path.stat().st_mtime > start for path in reads)
    return found, steps


def learning(good: int) -> dict:
    """Measure learning from many good photos: the model alone, from photos that have been read."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        lay(folder / "photos", good, 10)
        workflow(folder, "results/inspection/model.npz")
        [found] = [each for each in stages(folder) if each["stage"] == "learn_model"]
    return {"good": good} | {key: found[key] for key in ("wall_s", "cpu_s", "peak_mb")}


def recorded(path: Path, rows: list[dict], keys: tuple[str, ...]) -> list[dict]:
    """The rows of a CSV with these put in place of those of the same keys; written, if there are any."""
    known = list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []
    new = {tuple(str(each[key]) for key in keys) for each in rows}
    together = [each for each in known if tuple(each[key] for key in keys) not in new] + rows
    together.sort(key=lambda each: int(each[keys[0]]))
    if rows:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(max(together, key=len)), lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerows(together)
    return [{name: str(cell) for name, cell in each.items()} for each in together]


def shown(cell: str) -> str:
    """A number with three digits, whole ones with all; any other text as it is, a dash where there is none."""
    try:
        return f"{float(cell):.3g}" if abs(float(cell)) < 1000 else f"{float(cell):.0f}"
    except ValueError:
        return cell or "–"


def table(rows: list[dict]) -> None:
    """Print rows side by side, for a README."""
    for number, name in enumerate(name for name in LABELS if rows and name in rows[0]):
        print(f"| {LABELS[name]} | " + " | ".join(shown(each.get(name, "")) for each in rows) + " |")
        if number == 0:
            print("|---|" + "---|" * len(rows))
    print()


def per_stage(rows: list[dict]) -> None:
    """Print each stage's CPU seconds, images a CPU second and peak memory, a column for each number of photos."""
    counts = sorted({int(each["photos"]) for each in rows})
    print("| stage | " + " | ".join(map(str, counts)) + " |\n|---|" + "---|" * len(counts))
    for stage in dict.fromkeys(each["stage"] for each in rows):
        cells = {int(each["photos"]): each for each in rows if each["stage"] == stage}
        texts = [
            f"{float(cells[count]['cpu_s']):.1f} s, {count / float(cells[count]['cpu_s']):.0f}/s, "
            f"{float(cells[count]['peak_mb']):.0f} MB"
            if count in cells
            else ""
            for count in counts
        ]
        print(f"| {stage} | " + " | ".join(texts) + " |")
    print()


def growth(rows: list[dict]) -> None:
    """Costs of each further photo, from each number of photos to the next: CPU ms, and against cv2.imread."""
    for less, more in pairwise(rows):
        photos = int(more["photos"]) - int(less["photos"])
        cost = {
            what: 1000 * (float(more[f"{what}_cpu"]) - float(less[f"{what}_cpu"])) / photos
            for what in ("verdicts", "rest")
            if more.get(f"{what}_cpu") and less.get(f"{what}_cpu")
        }
        rest = f", {cost['rest']:.2f} for the rest" if "rest" in cost else ""
        print(
            f"{less['photos']} to {more['photos']} photos, CPU ms each: "
            f"{cost['verdicts']:.2f} to the verdicts ({float(more['imread_ms']) / cost['verdicts']:.2f} of the speed "
            f"of cv2.imread){rest}"
        )


def picture(rows: list[dict], learned: list[dict]) -> None:
    """Draw how time, memory and disk grow."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (cost, memory, disk) = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
    drawn = [
        (cost, "verdicts_cpu", "from files to verdicts", "C0"),
        (cost, "rest_cpu", "the rest", "C1"),
        (cost, "planning_cpu", "planning", "C2"),
        (cost, "imread_ms", "plain cv2.imread", "k"),
        (memory, "verdicts_peak", "run to verdicts", "C0"),
        (memory, "rest_peak", "the rest", "C1"),
        (memory, "planning_peak", "planning", "C2"),
        (disk, "results_mb", "results, MB", "C0"),
        (disk, "metadata_mb", "Snakemake's metadata, MB", "C1"),
        (disk, "results_files", "results, files", "C2"),
    ]
    for area, name, label, colour in drawn:
        known = [each for each in rows if each.get(name)]
        counts = [int(each["photos"]) for each in known]
        values = [float(each[name]) / (int(each["photos"]) / 1000 if name.endswith("cpu") else 1) for each in known]
        plot = area.semilogx if area is memory else area.loglog
        plot(counts, values, "o-", color=colour, markersize=4, label=label)
    if learned:
        good = [int(each["good"]) for each in learned]
        peaks = [float(each["peak_mb"]) for each in learned]
        memory.semilogx(good, peaks, "s-", color="C3", label="learning from so many good ones")
    memory.axhline(500, color="gray", linewidth=1)
    cost.set(xlabel="photos", ylabel="CPU milliseconds a photo")
    memory.set(xlabel="photos", ylabel="peak memory of the largest process, MB", ylim=(0, None))
    disk.set(xlabel="photos", ylabel="MB, or files")
    for area in (cost, memory, disk):
        area.grid(alpha=0.3)
        area.legend(fontsize=7)
    figure.savefig(HERE / "growth.png", dpi=90)


def main() -> None:
    """Measure each number of photos, then print what is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, help="numbers of photos")
    parser.add_argument("--verdicts", nargs="*", type=int, default=[], help="the same, as far as the verdicts")
    parser.add_argument("--learning", nargs="*", type=int, default=[], help="numbers of good photos to learn from")
    given = parser.parse_args()
    for count in [*given.counts, *given.verdicts]:
        found, steps = row(count, count in given.counts)
        recorded(HERE / "results.csv", [found], ("photos",))
        recorded(HERE / "stages.csv", steps, ("photos",))
    for count in given.learning:
        recorded(HERE / "learning.csv", [learning(count)], ("good",))
    rows = recorded(HERE / "results.csv", [], ("photos",))
    learned = recorded(HERE / "learning.csv", [], ("good",))
    table(rows)
    growth(rows)
    per_stage(recorded(HERE / "stages.csv", [], ("photos",)))
    table(learned)
    picture(rows, learned)


if __name__ == "__main__":
    main()
