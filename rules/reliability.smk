# Reliability: what a full run made, whether it is still so, and whether it is what the published run made.
# In: every result. Out: results/manifest.json; verify and verify_reference only look.

MANIFEST = placed("results/manifest.json")
REFERENCE = [str(BASE / "config/reference" / name) for name in ("manifest.json", "numbers.npz")]


rule reliability:
    """Bring the manifest up to date, and every result it names: one that only the manifest reads may be missing."""
    input:
        "results/manifest.json",
        listed(list(graph.results(LAYOUT))),


rule write_manifest:
    """Record what the run made: a hash of the values in every result."""
    input:
        listed(list(graph.results(LAYOUT))),
    output:
        "results/manifest.json",
    log:
        "results/logs/write_manifest/manifest.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("write_manifest", LAYOUT.images),
    params:
        given=given("write_manifest", made_by=RESULTS, **ORIGIN),
    script:
        "../scripts/write_manifest.py"


rule judge_outcome:
    """Fail where `fail_on` asks for it, so that the run ends with exit code 1; last, so that all results are there."""
    input:
        summary=rules.write_report.output.summary,
        manifest=rules.write_manifest.output,
    output:
        "results/logs/judge_outcome/passed.txt",
    log:
        "results/logs/judge_outcome/outcome.log",
    retries: 0
    localrule: True
    conda:
        "../config/environment.yaml"
    params:
        given=given("judge_outcome", "fail_on"),
    script:
        "../scripts/judge_outcome.py"


rule verify:
    """Compare every result with the manifest; without input, so that nothing is made anew before it is judged."""
    log:
        "results/logs/verify/results.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("verify", LAYOUT.images),
    params:
        given=given("verify", manifest=MANIFEST, results=list(RESULTS), config=config, shared=SHARED),
    script:
        "../scripts/verify.py"


rule remove_leftovers:
    """Remove the results of another configuration, which `verify` names; without input, as `verify`."""
    log:
        "results/logs/remove_leftovers/results.log",
    localrule: True
    conda:
        "../config/environment.yaml"
    params:
        given=given("remove_leftovers", manifest=MANIFEST, results=list(RESULTS), shared=SHARED),
    script:
        "../scripts/remove_leftovers.py"


rule verify_reference:
    """Compare every result with the published run's; without input, as `verify`."""
    log:
        "results/logs/verify_reference/results.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("verify_reference", LAYOUT.images),
    params:
        given=given("verify_reference", manifest=MANIFEST, published=REFERENCE),
    script:
        "../scripts/verify_reference.py"


rule write_reference:
    """Publish a run: its manifest and numbers as the reference. `make reference` does it for the default configuration."""
    input:
        rules.write_manifest.output,
    output:
        manifest="config/reference/manifest.json",
        numbers="config/reference/numbers.npz",
    log:
        "results/logs/write_reference/reference.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("write_reference", LAYOUT.images),
    params:
        given=given("write_reference"),
    script:
        "../scripts/write_reference.py"
