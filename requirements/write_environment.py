"""Write config/environment.yaml, for `snakemake --sdm conda`, from the pins of requirements/run.txt."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Made by `make lock` from requirements/run.txt; used only with `snakemake --sdm conda`.
name: soart-attention
channels: [conda-forge]
dependencies:
  - python >=3.11,<3.14
  - pip
  - pip:
"""


def environment(requirements: str) -> str:
    """The text of environment.yaml: every pinned line of the requirements, without its hashes."""
    pins = [line.removesuffix("\\").strip() for line in requirements.splitlines() if "==" in line.partition(";")[0]]
    return HEAD + "".join(f'      - "{pin}"\n' for pin in pins)


if __name__ == "__main__":
    text = environment((ROOT / "requirements/run.txt").read_text())
    (ROOT / "config/environment.yaml").write_text(text)
