# Inspection: learn from the learning images alone, then say of every other image whether it is good, how sure, and where
# it is not. In: the colour mosaics, and for heat maps the images. Out: results/inspection/. One job a shard.

CARD = {"caption": "../captions/calibration.rst", "category": "4. Inspection", "labels": {"table": "calibration card"}}
VERDICTS = {"caption": "../captions/verdicts.rst", "category": "4. Inspection", "labels": {"table": "verdicts"}}
EVALUATION = {"caption": "../captions/evaluation.rst", "category": "4. Inspection", "labels": {"table": "evaluation"}}
VERDICT_TABLES = [paths.verdict_table(shard) for shard in LAYOUT.inspected]
GOOD_MOSAICS = [paths.mosaic_table(shard) for shard in LAYOUT.of_sets(["learn"])]
HEATMAPS = {"caption": "../captions/heatmaps.rst", "category": "5. Heat maps"}
LEARNED = {"words": words_learned(), "region": region(), "in_full": bool(LAYOUT.drawn)}
LEARNED |= {"resaving": LAYOUT.resaving("learn")}
GOOD_PICTURES = [paths.picture_table(shard) for shard in LAYOUT.of_sets(["learn"]) if LAYOUT.side]
GOOD_PHOTOS = [paths.photo_table(shard) for shard in LAYOUT.of_sets(["learn"]) if PHOTOS]
LEARNED_FROM = {"mosaics": listed(GOOD_MOSAICS), "pictures": listed(GOOD_PICTURES), "photos": listed(GOOD_PHOTOS)}
TRUE_MASKS = LAYOUT.masks() if PHOTOS else placed(LAYOUT.masks())
ALARM = ("false_alarm_rate", "alarm")


rule inspection:
    """Bring the inspection up to date."""
    input:
        "results/inspection/model.npz",
        "results/inspection/calibration.csv",
        LAYOUT.detectability,
        "results/inspection/verdicts.parquet",
        "results/inspection/verdicts.csv",
        "results/inspection/evaluation.parquet" if LAYOUT.labelled else [],
        "results/inspection/evaluation.csv" if LAYOUT.labelled else [],
        ["results/inspection/boxes.parquet", "results/inspection/boxes.csv"] if LAYOUT.pairs else [],
        listed([path for shard in LAYOUT.inspected for path in LAYOUT.heatmap_files(shard)]),
        listed([path for shard in LAYOUT.inspected for path in LAYOUT.heat_values(shard)]),


if not LAYOUT.pairs:  # else pairs.smk

    rule learn_model:
        """Learn from the good images what a good part looks like, and which alarms they allow."""
        input:
            **LEARNED_FROM,
            anchor=ANCHOR,
        output:
            model="results/inspection/model.npz",
            calibration=report("results/inspection/calibration.csv", **CARD),
            detectability=LAYOUT.detectability,
        log:
            "results/logs/learn_model/model.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("learn_model", len(LAYOUT.sets["learn"].images)),
        params:
            given=given("learn_model", "seed", *PLACING, *ALARM, "on_odd", **PICTURES, **LEARNED),
        script:
            "../scripts/learn_model.py"

    rule inspect_images:
        """Inspect one shard's images."""
        input:
            mosaics="results/matrices/mosaics/{shard}.parquet",
            pictures="results/matrices/pictures/{shard}.parquet" if LAYOUT.side else [],
            photos=["results/photos/shards/{shard}.parquet"] if PHOTOS else [],
            model=rules.learn_model.output.model,
        output:
            verdicts="results/inspection/sets/{shard}.parquet",
            distances="results/inspection/distances/{shard}.parquet",
        log:
            "results/logs/inspect_images/{shard}.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("inspect_images"),
        params:
            given=given("inspect_images", of=mapped_of_shard),
        script:
            "../scripts/inspect_images.py"


for shard in LAYOUT.inspected if LAYOUT.drawn else []:

    rule:
        """Draw the heat maps of one set's drawn images; the first twenty are in Snakemake's report, too."""
        name:
            f"draw_heatmaps_{shard.name}"
        input:
            images=shard.files,
            inspected=[f"results/inspection/{kind}/{shard.name}.parquet" for kind in ("sets", "distances")],
            model="results/inspection/model.npz",
        output:
            maps=reported(shard) + LAYOUT.heat_values(shard),
        log:
            f"results/logs/draw_heatmaps/{shard.name}.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_heatmaps", len(shard.images)),
        params:
            given=given("draw_heatmaps", "heatmap_values", names=shard.images),
        script:
            "../scripts/draw_heatmaps.py"


if PHOTOS:

    rule draw_heatmaps:
        """Draw the heat maps of one shard's photos; where these are of flagged photos alone, write their CSV, too."""
        input:
            photos=["results/photos/shards/{shard}.parquet", "results/matrices/{shard}.parquet"],
            inspected=["results/inspection/sets/{shard}.parquet", "results/inspection/distances/{shard}.parquet"],
            boxes=["results/inspection/boxes/{shard}.parquet"] if LAYOUT.pairs else [],
            model="results/inspection/model.npz",
        output:
            csv=[] if LAYOUT.each else directory("results/matrices/csv/{shard}"),
            maps=directory("results/inspection/heatmaps/{shard}"),
        log:
            "results/logs/draw_heatmaps/{shard}.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_heatmaps"),
        params:
            given=given("draw_heatmaps", "heatmap_values", of=folder_of_shard),
        script:
            "../scripts/draw_heatmaps.py"


rule gather_verdicts:
    """Gather the verdicts of all sets in one table, with the odd good photos, once all photos are accepted."""
    input:
        checked=[rules.check_photos.output.parquet, rules.accept_photos.output] if PHOTOS else [],
        verdicts=listed(VERDICT_TABLES),
        model="results/inspection/model.npz",
    output:
        parquet="results/inspection/verdicts.parquet",
        csv=report("results/inspection/verdicts.csv", **VERDICTS),
    log:
        "results/logs/gather_verdicts/verdicts.log",
    localrule: True
    conda:
        "../config/environment.yaml"
    params:
        given=given("gather_verdicts", tables=placed(VERDICT_TABLES)),
    script:
        "../scripts/gather_verdicts.py"


if LAYOUT.labelled:
    TESTED = LAYOUT.of_sets(LAYOUT.tested)
    SEEN = LAYOUT.of_sets(["learn", *LAYOUT.tested])
    EVALUATED = {
        "verdicts": [paths.verdict_table(shard) for shard in TESTED],
        "distances": [paths.distance_table(shard) for shard in TESTED],
        "mosaics": [paths.mosaic_table(shard) for shard in SEEN],
        "matrices": [paths.matrix_table(shard) for shard in SEEN],
    }

    ASKED = {"tested": LAYOUT.tested, "masks": TRUE_MASKS, "tables": placed(EVALUATED)}

    rule evaluate_detectors:
        """Evaluate the inspection and the classical detectors on the same images."""
        input:
            checked=[rules.check_photos.output.parquet, rules.accept_photos.output] if PHOTOS else [],
            tables=listed([path for tables in EVALUATED.values() for path in tables]),
            masks=[shard.masks for shard in LAYOUT.shards if not PHOTOS],
            model="results/inspection/model.npz",
        output:
            parquet="results/inspection/evaluation.parquet",
            csv=report("results/inspection/evaluation.csv", **EVALUATION),
        log:
            "results/logs/evaluate_detectors/evaluation.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("evaluate_detectors", LAYOUT.images),
        params:
            given=given("evaluate_detectors", "seed", **ASKED),
        script:
            "../scripts/evaluate_detectors.py"
