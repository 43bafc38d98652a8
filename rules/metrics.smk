# Metrics: each image's SOART metrics against every standard that a panel asks for.
# In: results/matrices/. Out: results/metrics/. One job a shard, one that gathers.


rule metrics:
    """Bring all metrics up to date."""
    input:
        ["results/metrics/metrics.parquet", "results/metrics/metrics.csv"] if GATHERED else [],
        set_files("results/metrics/sets"),


for shard in SHARDS:

    rule:
        """Measure one shard's metrics against every standard."""
        name:
            f"measure_metrics_{shard.label}"
        input:
            accepted=ACCEPTED,
            matrices=f"results/matrices/{shard.name}.parquet",
            standards=list(chain.from_iterable(STANDARDS.values())),
        output:
            f"results/metrics/sets/{shard.name}.parquet",
        log:
            f"results/logs/measure_metrics/{shard.name}.log",
        benchmark:
            f"results/logs/measure_metrics/{shard.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("measure_metrics", len(shard.images)),
        params:
            code=fingerprint("measure_metrics"),
            image_set=shard.image_set,
            standards=STANDARDS,
        script:
            "../scripts/measure_metrics.py"


if GATHERED:

    rule gather_metrics:
        """Gather the sets' metrics in one table."""
        input:
            set_files("results/metrics/sets"),
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
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            code=fingerprint("gather_metrics"),
        script:
            "../scripts/gather_metrics.py"
