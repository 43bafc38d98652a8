"""Run every command of the README, in order, in a copy of the repository, with the programs of one environment.

    python3 .ci/readme.py ENVIRONMENT

Commands are the lines of blocks of `sh`, and what stands in the text as `snakemake ...` or `python ...`. Exit code 1,
and the output, where one of them fails.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = re.compile(r"^```sh\n(.*?)^```$|`((?:snakemake|python) [^`]+)`", re.MULTILINE | re.DOTALL)
SKIPPED = {  # how a line begins or what it holds -> why it is not run here
    "make test": "needs the packages of the tests",
    "make slurm": "needs Slurm's plugin",
    "profiles/slurm": "needs a cluster: tests/workflow/test_cluster.py",
    "benchmarks/": "measures for minutes",
    "git clone": "this is a copy already",
    "cd ": "the copy is where it leads",
    "apt ": "changes the machine",
    "docker ": "needs a container engine",
    "source ": "the environment is on the path already",
    "--unlock": "nothing is locked",
}
GIVEN = {"PHOTO...": "results/images/image_standard.jpg"}  # what a user puts in place of a word
FILES = {"mine.yaml": "seed: 5\n"}  # what a user has


def commands(text: str) -> list[str]:
    """The commands of a Markdown text, in order, each once."""
    found = []
    for block, inline in COMMAND.findall(text):
        found += [line for line in block.splitlines() if line and line[0] != "#"] if block else [inline]
    return list(dict.fromkeys(line.partition("  #")[0].strip() for line in found))


def copy(folder: Path) -> None:
    """Copy the repository's files, committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def camera(folder: Path, home: Path) -> None:
    """Put photos where the README's user has them."""
    (home / "camera").mkdir(parents=True)
    for number, path in enumerate(sorted((folder / "results/images/learn").glob("*.jpg"))):
        shutil.copy(path, home / "camera" / f"good{number}.jpg")
    for number, path in enumerate(sorted((folder / "results/images/error").glob("*.jpg"))):
        shutil.copy(path, home / "camera" / f"new{number}.jpg")


def main(environment: Path) -> int:
    """Run the commands; return the exit code."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, home = Path(temporary) / "soart-attention", Path(temporary) / "home"
        copy(folder)
        for name, text in FILES.items():
            (folder / name).write_text(text)
        paths = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
        variables = os.environ | {"PATH": paths, "HOME": str(home), "VENV": str(environment)}
        for line in commands((folder / "README.md").read_text(encoding="utf-8")):
            if reason := next((why for part, why in SKIPPED.items() if line.startswith(part) or part in line), None):
                print(f"- {line}   ({reason})", flush=True)
                continue
            for word, given in GIVEN.items():
                line = line.replace(word, given)
            if "~/camera" in line and not (home / "camera").exists():
                camera(folder, home)
            print(f"+ {line}", flush=True)
            streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            done = subprocess.run(["bash", "-c", line], cwd=folder, env=variables, **streams)
            if done.returncode:
                print(f"{done.stdout}\nexit code {done.returncode}: {line}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
