# Reliability: what a full run made, whether it is still so, and whether it is what the published run made.
# In: every result of the rules above. Out: results/manifest.json; verify and verify_reference only look.

RESULTS = results_so_far()


rule reliability:
    """Bring the manifest up to date, and every result it names: one that only the manifest reads may be missing."""
    input:
        "results/manifest.json",
        list(RESULTS),


rule write_manifest:
    """Record what the run made: a hash of the values in every result."""
    input:
        list(RESULTS),
    output:
        "results/manifest.json",
    log:
        "results/logs/write_manifest/manifest.log",
    benchmark:
        "results/logs/write_manifest/manifest.tsv"
    conda:
        "../config/environment.yaml"
    resources:
        **claim("write_manifest", IMAGES),
    params:
        code=fingerprint("write_manifest"),
        made_by=RESULTS,
        config=config,
        scene=SCENE,
        sources=fingerprints_so_far(),
        packages=package_versions(),
    script:
        "../scripts/write_manifest.py"


rule verify:
    """Compare every result with the manifest; without input, so that nothing is made anew before it is judged."""
    log:
        "results/logs/verify/results.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("verify", IMAGES),
    params:
        code=fingerprint("verify"),
        manifest="results/manifest.json",
    script:
        "../scripts/verify.py"


rule verify_reference:
    """Compare every result with the published run's; without input, as `verify`."""
    log:
        "results/logs/verify_reference/results.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("verify_reference", IMAGES),
    params:
        code=fingerprint("verify_reference"),
        manifest="results/manifest.json",
        reference=str(BASE / "config/reference/manifest.json"),
        numbers=str(BASE / "config/reference/numbers.npz"),
    script:
        "../scripts/verify_reference.py"


rule write_reference:
    """Publish a run: its manifest and numbers as the reference. `make reference` does this for the default configuration."""
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
        **claim("write_reference", IMAGES),
    params:
        code=fingerprint("write_reference"),
    script:
        "../scripts/write_reference.py"
