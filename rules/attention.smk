# Attention: the score sheets. One job a panel.
# In: the metrics of the sets that the panel names. Out: results/attention/.


rule attention:
    """Bring all score sheets up to date."""
    input:
        [f"results/attention/{panel['name']}.parquet" for panel in PANELS],
        "results/attention/separation.csv",


for panel in SHEET_PANELS:

    rule:
        """Score one panel: its sheets and reading aids."""
        name:
            f"score_panel_{panel['name']}"
        input:
            panel_metrics(panel),
        output:
            **reported_panel_files(panel),
            long=f"results/attention/{panel['name']}.parquet",
            separation=f"results/attention/{panel['name']}/separation.parquet",
        log:
            f"results/logs/score_panel/{panel['name']}.log",
        benchmark:
            f"results/logs/score_panel/{panel['name']}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("score_panel"),
        params:
            code=fingerprint("score_panel"),
            panel=panel_with_groups(panel),
            errors=ERROR_KINDS,
            seed=config["seed"],
        script:
            "../scripts/score_panel.py"


for panel in STATE_PANELS:

    rule:
        """Align one panel's states: scores, weights, context vectors."""
        name:
            f"score_states_{panel['name']}"
        input:
            panel_metrics(panel),
        output:
            **reported_panel_files(panel),
            long=f"results/attention/{panel['name']}.parquet",
            separation=f"results/attention/{panel['name']}/separation.parquet",
        log:
            f"results/logs/score_states/{panel['name']}.log",
        benchmark:
            f"results/logs/score_states/{panel['name']}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("score_states"),
        params:
            code=fingerprint("score_states"),
            panel=panel_with_groups(panel),
            errors=ERROR_KINDS,
            seed=config["seed"],
        script:
            "../scripts/score_states.py"


rule gather_separation:
    """Gather how well each panel separates errors from good images."""
    input:
        [f"results/attention/{panel['name']}/separation.parquet" for panel in PANELS],
    output:
        report(
            "results/attention/separation.csv",
            caption="../captions/separation.rst",
            category="3. Score sheets",
            labels={"panel": "all", "table": "separation"},
        ),
    log:
        "results/logs/gather_separation/separation.log",
    benchmark:
        "results/logs/gather_separation/separation.tsv"
    localrule: True
    conda:
        "../config/environment.yaml"
    params:
        code=fingerprint("gather_separation"),
    script:
        "../scripts/gather_separation.py"
