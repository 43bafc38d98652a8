"""What a start with nothing to do costs, and of what it consists: CPU seconds, medians of interleaved rounds.

python benchmarks/workflow/start.py      (where a run has finished, inside its environment)
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
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


def seconds(command: list) -> float:
    """CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure in rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(EMPTY)
        Path(folder, "make.py").write_text("open(snakemake.output[0], 'w').close()\n")
        commands = COMMANDS | {
            FLOOR: [PROGRAMS / "snakemake", "--cores", "2", "--directory", folder, "-s", f"{folder}/Snakefile"]
        }
        seconds(commands[FLOOR])
        found = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                found[name].append(seconds(command))
    whole = statistics.median(found["nothing to do"])
    print("| | CPU s | share |\n|---|---|---|")
    for name, each in found.items():
        median = statistics.median(each)
        print(f"| {name} | {median:.2f} | {100 * median / whole:.0f} % |")


if __name__ == "__main__":
    main()
