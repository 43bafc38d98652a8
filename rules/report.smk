# Report: what a person looks at first.


rule report:
    """Bring the report up to date."""
    input:
        "results/overview.png" if DRAWN_SETS else [],


if DRAWN_SETS:

    rule draw_overview:
        """Draw the first image of each set beside its matrices."""
        input:
            images=[image_files(SETS[name])[0] for name in SHOWN_SETS],
            matrices=[f"results/matrices/{name}.parquet" for name in SHOWN_SETS],
        output:
            "results/overview.png",
        log:
            "results/logs/draw_overview/overview.log",
        benchmark:
            "results/logs/draw_overview/overview.tsv"
        conda:
            "../config/environment.yaml"
        params:
            code=fingerprint("draw_overview"),
            names=SHOWN_SETS,
        script:
            "../scripts/draw_overview.py"
