# Attention: the score sheets. One job a panel.
# In: the metrics of the sets that the panel names. Out: results/attention/, a folder and a long table a panel.

SEPARATIONS = [f"results/attention/{panel['name']}/separation.parquet" for panel in LAYOUT.panels]
READING_AIDS = {
    "patterns": ["{table,signs|extremes}.csv"],
    "caption": "../captions/sheets.rst",
    "category": "3. Score sheets",
    "labels": {"panel": "{panel}", "table": "{table}"},
}


rule attention:
    """Bring all score sheets up to date."""
    input:
        [f"results/attention/{panel['name']}.parquet" for panel in LAYOUT.panels],
        "results/attention/separation.csv",


rule score_panel:
    """Score one panel: its sheets and reading aids."""
    input:
        metrics_of_panel,
    output:
        folder=report(directory("results/attention/{panel}"), **READING_AIDS),
        long="results/attention/{panel}.parquet",
    log:
        "results/logs/score_panel/{panel}.log",
    wildcard_constraints:
        panel=any_of(panel["name"] for panel in LAYOUT.sheet_panels),
    conda:
        "../config/environment.yaml"
    resources:
        **claim("score_panel"),
    params:
        given=given("score_panel", "seed", of=entry_of_panel, errors=LAYOUT.kinds),
    script:
        "../scripts/score_panel.py"


rule score_states:
    """Align one panel's states: scores, weights, context vectors."""
    input:
        metrics_of_panel,
    output:
        folder=directory("results/attention/{panel}"),
        long="results/attention/{panel}.parquet",
    log:
        "results/logs/score_states/{panel}.log",
    wildcard_constraints:
        panel=any_of(panel["name"] for panel in LAYOUT.state_panels),
    conda:
        "../config/environment.yaml"
    resources:
        **claim("score_states"),
    params:
        given=given("score_states", "seed", of=entry_of_panel, errors=LAYOUT.kinds),
    script:
        "../scripts/score_states.py"


rule gather_separation:
    """Gather how well each panel separates errors from good images."""
    input:
        [f"results/attention/{panel['name']}" for panel in LAYOUT.panels],
    output:
        report(
            "results/attention/separation.csv",
            caption="../captions/separation.rst",
            category="3. Score sheets",
            labels={"panel": "all", "table": "separation"},
        ),
    log:
        "results/logs/gather_separation/separation.log",
    localrule: True
    conda:
        "../config/environment.yaml"
    params:
        given=given("gather_separation", tables=placed(SEPARATIONS)),
    script:
        "../scripts/gather_separation.py"
