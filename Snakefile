"""soart-attention: draw parts, read them as matrices, measure SOART metrics, score them by attention.

The stages in order; each has its rule file, its scripts of the same names, and its folder below results/. A rule has
the paths of what it makes in its output; for who reads them scripts/soart/plan/paths.py has them, too (a test: equal).
"""

import signal
import sys
import time

from snakemake.utils import min_version

min_version("9.27")
STARTED = time.time()
if not hasattr(workflow.current_basedir, "__fspath__"):
    sys.exit(
        "soart-attention runs from a folder on disk, which its scripts are read from, not from a remote source "
        f"({workflow.current_basedir}); clone it, or add it as a git submodule, and name the path of its Snakefile"
    )


configfile: f"{workflow.current_basedir}/config/method.yaml"
configfile: f"{workflow.current_basedir}/config/config.yaml"


include: "rules/places.smk"
include: "rules/common.smk"
include: "rules/jobs.smk"
include: "rules/images.smk"
include: "rules/photos.smk"
include: "rules/matrices.smk"
include: "rules/metrics.smk"
include: "rules/attention.smk"
include: "rules/inspection.smk"
include: "rules/pairs.smk"
include: "rules/report.smk"
include: "rules/reliability.smk"
include: "rules/examples.smk"


if not MODULE:

    report: "captions/workflow.rst"


rule all:
    """Bring every result up to date."""
    input:
        rules.images.input,
        rules.matrices.input,
        rules.metrics.input,
        rules.attention.input,
        rules.inspection.input,
        rules.report.input,
        rules.reliability.input,
        rules.judge_outcome.output if config["fail_on"] != "none" else [],


onstart:
    # A terminal that is closed ends a run as Ctrl-C does, without a lock; under nohup it ends nothing.
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    print("".join(f"{note}\n" for note in LAYOUT.notes if not MODULE), end="")
    progress.record_command(
        placed("results/logs/command.txt"), sys.argv[1:], os.getcwd(), os.environ.get("PWD", "")
    )


onsuccess:
    stored = ["", f"Done. The results are in {workflow.storage_settings.default_storage_prefix}"]
    summary.at_the_end(stored if STORED else summary.last_lines(Path.cwd() / PREFIX, STARTED))


onerror:
    summary.at_the_end(summary.last_lines(Path.cwd() / PREFIX, STARTED, done=False))
