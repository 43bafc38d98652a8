# Metrics: each image's SOART metrics against every standard that a panel asks for.
# In: results/matrices/. Out: results/metrics/. One job a shard, one that gathers.

METRICS = {"caption": "../captions/metrics.rst", "category": "2. Metrics", "labels": {"table": "metrics"}}
STANDARDS = [[name, placed(tables)] for name, tables in LAYOUT.standards]
METRIC_TABLES = [paths.metric_table(shard) for shard in LAYOUT.shards]


rule metrics:
    """Bring all metrics up to date."""
    input:
        ["results/metrics/metrics.parquet", "results/metrics/metrics.csv"] if LAYOUT.gathered else [],
        listed(METRIC_TABLES),


rule measure_metrics:
    """Measure one shard's metrics against every standard."""
    input:
        matrices="results/matrices/{shard}.parquet",
        standards=listed([path for _, tables in LAYOUT.standards for path in tables]),
    output:
        "results/metrics/sets/{shard}.parquet",
    log:
        "results/logs/measure_metrics/{shard}.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("measure_metrics"),
    params:
        given=given("measure_metrics", of=set_of_shard, standards=STANDARDS),
    script:
        "../scripts/measure_metrics.py"


if LAYOUT.gathered:

    rule gather_metrics:
        """Gather the sets' metrics in one table."""
        input:
            listed(METRIC_TABLES),
        output:
            parquet="results/metrics/metrics.parquet",
            csv=report("results/metrics/metrics.csv", **METRICS),
        log:
            "results/logs/gather_metrics/metrics.log",
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            given=given("gather_metrics", tables=placed(METRIC_TABLES)),
        script:
            "../scripts/gather_metrics.py"
