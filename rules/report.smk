# Report: what a person looks at first.
# In: the tables of every stage, and the pictures to show. Out: results/report.html, results/overview.png.

REPORT_TABLES = report_tables()
REPORT_LINKS = {
    "verdicts": "results/inspection/verdicts.csv",
    "evaluation": "results/inspection/evaluation.csv" if LABELLED_KINDS else [],
    "metrics": "results/metrics/metrics.csv" if GATHERED else [],
    "card": "results/inspection/calibration.csv",
    "detectability": "results/inspection/detectability.parquet" if not PAIRS else [],
    "check": "results/photos/check.csv" if PHOTOS else [],
    "separation": "results/attention/separation.csv",
}
REPORT_FOLDERS = {"matrices": "results/matrices", "logs": "results/logs"}


rule report:
    """Bring the report up to date."""
    input:
        "results/report.html",
        "results/overview.png" if DRAWN_SETS else [],


if DRAWN_SETS:

    rule draw_overview:
        """Draw the first image of each set beside its matrices."""
        input:
            images=[image_files(SETS[name])[0] for name in SHOWN_SETS],
            matrices=[f"results/matrices/{name}.parquet" for name in SHOWN_SETS],
        output:
            report(
                "results/overview.png",
                caption="../captions/overview.rst",
                category="1. Images",
                labels={"what": "first image of each set above its matrices"},
            ),
        log:
            "results/logs/draw_overview/overview.log",
        benchmark:
            "results/logs/draw_overview/overview.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_overview"),
        params:
            code=fingerprint("draw_overview"),
            names=SHOWN_SETS,
        script:
            "../scripts/draw_overview.py"


rule write_report:
    """Write the report: one page that needs no other file and no network."""
    input:
        **REPORT_TABLES,
        images=[drawn_files(shard) for shard in SHARDS],
        masks=[mask_files(image_set) for image_set in DRAWN_SETS],
        links=list(REPORT_LINKS.values()),
    output:
        report(
            "results/report.html",
            caption="../captions/report.rst",
            category="0. Report",
            labels={"what": "the whole report, one page"},
        ),
    log:
        "results/logs/write_report/report.log",
    benchmark:
        "results/logs/write_report/report.tsv"
    conda:
        "../config/environment.yaml"
    resources:
        **claim("write_report", IMAGES),
    params:
        code=fingerprint("write_report"),
        templates=templates_digest(),
        links=REPORT_LINKS | REPORT_FOLDERS,
        folders={name: f"results/images/{image_set.folder}" for name, image_set in SETS.items()},
        masks=masks_of_images(),
        picture=PICTURE,
        good=[name for name in SETS if name == "normal"],
        errors=LABELLED_KINDS,
        config=config,
        sources=fingerprints_so_far() | {"write_report.py": fingerprint("write_report")},
        packages=package_versions(),
        needs=scripts_and_needs("write_report", flat(REPORT_TABLES)),
        records=records_so_far(),
    script:
        "../scripts/write_report.py"
