# make run | slurm | test | test-all | reference | lock | clean; `make run CORES=2` for another number of cores
CORES ?= 4
VENV ?= .venv
PYTHON ?= python3
PYTEST = $(VENV)/bin/pytest --dist loadgroup --numprocesses
WORKERS ?= 2

.PHONY: run slurm test test-all reference lock clean

run: $(VENV)/run.stamp
	$(VENV)/bin/snakemake --cores $(CORES)

# What a cluster needs besides: it makes each start slower, so it is not among the rest.
slurm: $(VENV)/slurm.stamp
	@echo "Where sbatch works: $(VENV)/bin/snakemake --workflow-profile profiles/slurm"

test: $(VENV)/test.stamp
	$(PYTEST) $(WORKERS) -m "not slow"
	@echo "Left out: the slow tests, those in a real browser and on a real Slurm among them; make test-all runs them."

# One worker more, because the tests on a cluster mostly wait.
test-all: $(VENV)/test.stamp
	$(PYTEST) $$(($(WORKERS) + 1))

$(VENV)/%.stamp: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed as $(PYTHON); install it or say where it is: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# The published run anew, of the default configuration: config/reference/, which verify_reference compares with.
reference: $(VENV)/run.stamp
	$(VENV)/bin/snakemake --cores $(CORES) --force write_reference

# Pins and hashes anew from the loose names in pyproject.toml; needs uv (pip install uv) and the network.
LOCK = uv pip compile --universal --fork-strategy fewest --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header --quiet --upgrade
lock:
	$(LOCK) --extra workflow pyproject.toml -o requirements/run.txt
	$(LOCK) --extra workflow --extra slurm -c requirements/run.txt pyproject.toml -o requirements/slurm.txt
	$(LOCK) --extra test -c requirements/run.txt pyproject.toml -o requirements/test.txt
	$(PYTHON) requirements/write_environment.py

clean:
	git clean -qfdX build results scripts .snakemake
