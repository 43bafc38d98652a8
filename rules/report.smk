# Report: what a person looks at first.
# In: the tables of every stage, and the pictures to show. Out: results/report.html, results/overview.png.

REPORT_TABLES = {
    "verdicts": "results/inspection/verdicts.parquet",
    "card": "results/inspection/calibration.csv",
    "model": "results/inspection/model.npz",
    "learned": GOOD_MOSAICS if LAYOUT.words else [],
    "mosaics": [paths.mosaic_table(shard) for shard in LAYOUT.inspected if LAYOUT.words],
    "small": [paths.picture_table(shard) for shard in LAYOUT.inspected if LAYOUT.side],
    "detectability": LAYOUT.detectability,
    "check": ["results/photos/check.parquet"] if PHOTOS else [],
    "separation": "results/attention/separation.csv",
    "evaluation": ["results/inspection/evaluation.parquet"] if LAYOUT.labelled else [],
    "distances": [paths.distance_table(shard) for shard in LAYOUT.inspected],
    "metrics": [paths.metric_table(shard) for shard in LAYOUT.firsts()],
    "matrices": [paths.matrix_table(shard) for shard in LAYOUT.firsts()],
    "photos": [paths.photo_table(shard) for shard in LAYOUT.read if PHOTOS],
    "sheets": [f"results/attention/{panel['name']}.parquet" for panel in LAYOUT.sheet_panels],
    "states": [f"results/attention/{panel['name']}.parquet" for panel in LAYOUT.state_panels],
}
REPORT_LINKS = {
    "verdicts": "results/inspection/verdicts.csv",
    "evaluation": "results/inspection/evaluation.csv" if LAYOUT.labelled else "",
    "metrics": "results/metrics/metrics.csv" if LAYOUT.gathered else "",
    "card": "results/inspection/calibration.csv",
    "detectability": LAYOUT.detectability[0] if LAYOUT.detectability else "",
    "check": "results/photos/check.csv" if PHOTOS else "",
    "separation": "results/attention/separation.csv",
    "matrices": "results/matrices",
    "logs": "results/logs",
}

OVERVIEW = {
    "caption": "../captions/overview.rst",
    "category": "1. Images",
    "labels": {"what": "each set's first image"},
}
SHOWN = ["standard", "normal", *LAYOUT.kinds[:3]] if LAYOUT.drawn else []  # sets in the overview
PAGE = {"caption": "../captions/report.rst", "category": "0. Report", "labels": {"what": "the whole report, one page"}}
ORIGIN = {  # what a run's results come from: the manifest records it, the report shows it
    "config": config,
    "scene": SCENE,
    "sources": {name: fingerprint(name) for name in graph.rules(LAYOUT)},
    "packages": versions(graph.rules(LAYOUT)),
}
SHOWN_IN_REPORT = {
    "tables": placed(REPORT_TABLES),
    "links": list(placed(REPORT_LINKS).items()),
    "templates": fingerprints.folder_digest(BASE / "scripts/soart/report/templates", (".html", ".css", ".js")),
    "folders": placed({name: f"results/images/{image_set.folder}" for name, image_set in LAYOUT.sets.items()}),
    "masks": TRUE_MASKS,
    "picture": PICTURE,
    "good": [name for name in LAYOUT.sets if name == "normal"],
    "errors": LAYOUT.errors,
    "command": placed("results/logs/command.txt"),
    "needs": list(graph.reads(LAYOUT).items()),
    "logs": placed(graph.logs(LAYOUT)),
    "overview": [
        [name, *placed([paths.image_files(LAYOUT.sets[name])[0], f"results/matrices/{name}.parquet"])] for name in SHOWN
    ],
}


rule report:
    """Bring the report up to date."""
    input:
        "results/report.html",
        "results/overview.png" if LAYOUT.drawn else [],


rule write_report:
    """Write the report: one page that needs no other file and no internet; of drawn sets an overview, too."""
    input:
        listed(flat(REPORT_TABLES) + [path for path in REPORT_LINKS.values() if path.endswith(".csv")]),
        [f"results/attention/{panel['name']}" for panel in LAYOUT.panels],
        [[*paths.image_files(image_set), *paths.mask_files(image_set)] for image_set in LAYOUT.drawn],
    output:
        page=report("results/report.html", **PAGE),
        summary="results/summary.json",
        overview=report("results/overview.png", **OVERVIEW) if SHOWN else [],
    log:
        "results/logs/write_report/report.log",
    conda:
        "../config/environment.yaml"
    resources:
        **claim("write_report", LAYOUT.images),
    params:
        given=given("write_report", **ORIGIN, **SHOWN_IN_REPORT),
    script:
        "../scripts/write_report.py"
