"""Costs of the workflow beside the same graph with empty scripts: CPU, wall time, peak memory.

    python benchmarks/workflow/measure.py [TARGET ...]      (from the repository, inside its environment)

Both are run in turn, each in a fresh copy of the committed and uncommitted files; the medians of the rounds are
printed. CPU seconds are of all processes together, peak memory is of the largest one.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # see start.py
EMPTY = '''"""An empty script: only touches its outputs."""
from pathlib import Path

for output in map(Path, snakemake.output):
    output.touch() if output.suffix else output.mkdir(parents=True, exist_ok=True)  # a folder is an output, too
'''
CHILD = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[1:], capture_output=True).returncode
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024, "code": code}))
"""


def copy(folder: Path, empty: bool) -> None:
    """Copy the repository's files; with empty adapters where asked."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for script in (folder / "scripts").glob("*.py") if empty else ():
        script.write_text(EMPTY)


def run(folder: Path, targets: list[str]) -> dict[str, float]:
    """Run the workflow in `folder` and measure the whole process tree."""
    command = [sys.executable, "-c", CHILD, str(Path(sys.executable).parent / "snakemake"), "--cores", "4", *targets]
    measured = json.loads(subprocess.run(command, cwd=folder, capture_output=True, check=True, env=ENVIRONMENT).stdout)
    if measured.pop("code"):
        raise SystemExit(f"the workflow failed in {folder}")
    return measured


def median(rows: list[dict[str, float]], key: str) -> float:
    return statistics.median(row[key] for row in rows)


def main() -> None:
    """Measure in rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="targets of the workflow (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    rows = {"the workflow": [], "empty scripts": [], "a second run": []}
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as real, tempfile.TemporaryDirectory() as empty:
            copy(Path(real), empty=False)
            copy(Path(empty), empty=True)
            rows["the workflow"].append(run(Path(real), given.targets))
            rows["empty scripts"].append(run(Path(empty), given.targets))
            rows["a second run"].append(run(Path(real), given.targets))
    print("| | CPU s | wall s | peak memory MB |\n|---|---|---|---|")
    for name, measured in rows.items():
        cpu, wall, peak = (median(measured, key) for key in ("cpu", "wall", "peak"))
        print(f"| {name} | {cpu:.1f} | {wall:.1f} | {peak:.0f} |")
    pairs = zip(rows["the workflow"], rows["empty scripts"], strict=True)
    ratios = [real["cpu"] / empty["cpu"] for real, empty in pairs]
    print(
        f"\nCPU of the workflow over empty scripts: {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
