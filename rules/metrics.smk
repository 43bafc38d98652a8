# Metrics: each image's SOART metrics against every standard that a panel asks for.
# In: results/matrices/. Out: results/metrics/. One job a set, one that gathers.


rule metrics:
    """Bring all metrics up to date."""
    input:
        "results/metrics/metrics.parquet",
        "results/metrics/metrics.csv",


for name in SETS:

    rule:
        """Measure one set's metrics against every standard."""
        name:
            f"measure_metrics_{name}"
        input:
            matrices=f"results/matrices/{name}.parquet",
            standards=[
                f"results/matrices/{configuration.standard_set(standard, SETS)}.parquet" for standard in STANDARDS
            ],
        output:
            f"results/metrics/sets/{name}.parquet",
        log:
            f"results/logs/measure_metrics/{name}.log",
        benchmark:
            f"results/logs/measure_metrics/{name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("measure_metrics", len(SETS[name].images)),
        params:
            code=fingerprint("measure_metrics"),
            image_set=name,
            standards=STANDARDS,
        script:
            "../scripts/measure_metrics.py"


rule gather_metrics:
    """Gather the sets' metrics in one table."""
    input:
        [f"results/metrics/sets/{name}.parquet" for name in SETS],
    output:
        parquet="results/metrics/metrics.parquet",
        csv=report(
            "results/metrics/metrics.csv",
            caption="../captions/metrics.rst",
            category="2. Metrics",
            labels={"table": "metrics"},
        ),
    log:
        "results/logs/gather_metrics/metrics.log",
    benchmark:
        "results/logs/gather_metrics/metrics.tsv"
    conda:
        "../config/environment.yaml"
    params:
        code=fingerprint("gather_metrics"),
    script:
        "../scripts/gather_metrics.py"
