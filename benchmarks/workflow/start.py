"""Costs of a start: CPU seconds, medians of interleaved rounds.

    python benchmarks/workflow/start.py                     (where a run has finished, inside its environment)
    python benchmarks/workflow/start.py --scripts REVISION  (from the repository, inside its environment)

The first is of a start with nothing to do, and of what it consists. The second is of each script, as it was at a
revision and as it is: what it imports as a job starts, Python's own start included, and nothing else.
"""

import argparse
import ast
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
FINGERPRINTS = f"""
import sys
import tempfile
from pathlib import Path
sys.path.insert(0, {str(ROOT / "scripts")!r})
from soart.plan.fingerprint import fingerprint
for path in Path({str(ROOT / "scripts")!r}).glob("*.py"):
    fingerprint(path)
"""
EMPTY = """
rule empty:
    output: "made"
    params: given="nothing"
    script: "make.py"
"""
FLOOR = "nothing to do in a workflow of one empty rule: Snakemake's floor"
COMMANDS = {
    "nothing to do": [PROGRAMS / "snakemake", "--cores", "2"],
    "`snakemake --version`: Snakemake's own modules and plugins": [PROGRAMS / "snakemake", "--version"],
    "`import pandas`, by which Snakemake compares params": [sys.executable, "-c", "import pandas"],
    "fingerprints of all scripts: parsing the package's modules": [sys.executable, "-c", FINGERPRINTS],
    "Python alone": [sys.executable, "-c", ""],
}
ENVIRONMENT = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # as the workflow gives it to jobs
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles the package, which Python does once


def seconds(command: list) -> float:
    """CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(commands: dict[str, list], rounds: int) -> dict[str, float]:
    """The median CPU seconds of commands that are run in turn."""
    found = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(seconds(command))
    return {name: statistics.median(each) for name, each in found.items()}


def nothing_to_do(rounds: int) -> None:
    """Print what a start with nothing to do costs, and of what it consists."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(EMPTY)
        Path(folder, "make.py").write_text("open(snakemake.output[0], 'w').close()\n")
        commands = COMMANDS | {
            FLOOR: [PROGRAMS / "snakemake", "--cores", "2", "--directory", folder, "-s", f"{folder}/Snakefile"]
        }
        seconds(commands[FLOOR])
        found = medians(commands, rounds)
    print("| | CPU s | share |\n|---|---|---|")
    for name, median in found.items():
        print(f"| {name} | {median:.2f} | {100 * median / found['nothing to do']:.0f} % |")


def importing(script: Path) -> list:
    """A command that does what a script imports, as in a job, and nothing else of it."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    imports = [ast.unparse(each) for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    start = ["import sys", f"sys.path.insert(0, {str(script.parent)!r})", "snakemake = None"]
    return [sys.executable, "-c", "\n".join([*start, *imports])]


def starts(revision: str, rounds: int) -> None:
    """Print what each script's imports cost at a revision and now."""
    packed = subprocess.run(["git", "archive", revision, "scripts"], cwd=ROOT, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(packed)) as files:
        files.extractall(folder, filter="data")
        scripts = {name: sorted(Path(where, "scripts").glob("*.py")) for name, where in (("", folder), ("now", ROOT))}
        commands = {f"{path.stem} {when}": importing(path) for when, paths in scripts.items() for path in paths}
        medians(commands, 1)  # compiles
        found = {name: round(1000 * median) for name, median in medians(commands, rounds).items()}
    print(f"| script | {revision} | now |\n|---|---|---|")
    for script in (path.stem for path in scripts["now"]):
        print(f"| {script} | {found.get(f'{script} ', '–')} | {found[f'{script} now']} |")


def main() -> None:
    """Measure in rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scripts", metavar="REVISION", help="each script's imports, at this revision and now")
    given = parser.parse_args()
    starts(given.scripts, given.rounds) if given.scripts else nothing_to_do(given.rounds)


if __name__ == "__main__":
    main()
