"""soart-attention: draw parts, read them as matrices, measure SOART metrics, score them by attention.

The stages in order; each has its rule file, its scripts of the same names, and its folder below results/.
"""

import time

from snakemake.utils import min_version

min_version("9.27")
STARTED = time.time()


configfile: f"{workflow.current_basedir}/config/method.yaml"
configfile: f"{workflow.current_basedir}/config/config.yaml"


include: "rules/common.smk"
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


onstart:
    print("".join(f"{note}\n" for note in LAYOUT.notes), end="")


onsuccess:
    made = [path for path in ("results/report.html", "results/examples/") if os.path.exists(path)]
    made = [path for path in made if os.path.getmtime(path) >= STARTED]
    print(f"\nDone. Look at {[*made, 'results/'][0]} in {os.getcwd()}")
