"""soart-attention: draw parts, read them as matrices, measure SOART metrics, score them by attention.

The stages in order; each has its rule file, its scripts of the same names, and its folder below results/.
"""

import signal
import time

from snakemake.utils import min_version

min_version("9.27")
STARTED = time.time()


configfile: f"{workflow.current_basedir}/config/method.yaml"
configfile: f"{workflow.current_basedir}/config/config.yaml"


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


rule all:
    """Bring every result up to date."""
    default_target: True
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
    print("".join(f"{note}\n" for note in LAYOUT.notes), end="")
    progress.record_command("results/logs/command.txt", sys.argv[1:], os.getcwd(), os.environ.get("PWD", ""))


onsuccess:
    summary.at_the_end(summary.last_lines(Path.cwd(), STARTED))


onerror:
    summary.at_the_end(summary.last_lines(Path.cwd(), STARTED, done=False))
