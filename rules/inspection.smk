# Inspection: learn from the learning images alone, then say of every other image whether it is good, how sure, and where
# it is not. In: the colour mosaics, and for heat maps the images. Out: results/inspection/. One job a shard.


DETECTABILITY = [] if PAIRS else [f"results/inspection/detectability.{kind}" for kind in ("parquet", "png")]


rule inspection:
    """Bring the inspection up to date."""
    input:
        "results/inspection/model.npz",
        "results/inspection/calibration.csv",
        DETECTABILITY,
        "results/inspection/verdicts.parquet",
        "results/inspection/verdicts.csv",
        "results/inspection/evaluation.parquet" if LABELLED_KINDS else [],
        "results/inspection/evaluation.csv" if LABELLED_KINDS else [],
        ["results/inspection/boxes.parquet", "results/inspection/boxes.csv"] if PAIRS else [],
        [heatmap_files(shard) for shard in INSPECTED_SHARDS],


if not PAIRS:  # else pairs.smk

    rule learn_model:
        """Learn from the good images what a good part looks like, and which alarms they allow."""
        input:
            accepted=ACCEPTED,
            mosaics=set_files("results/matrices/mosaics", ["learn"]),
            anchor=ANCHOR,
        output:
            model="results/inspection/model.npz",
            calibration=report(
                "results/inspection/calibration.csv",
                caption="../captions/calibration.rst",
                category="4. Inspection",
                labels={"table": "calibration card"},
            ),
        log:
            "results/logs/learn_model/model.log",
        benchmark:
            "results/logs/learn_model/model.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("learn_model", len(SETS["learn"].images)),
        params:
            code=fingerprint("learn_model"),
            seed=config["seed"],
            mosaic_size=config["mosaic_size"],
            fit=config["fit"],
            registration=config["registration"],
            limits=config["registration_limits"],
            inspection=config["inspection"],
            false_alarm_rate=config["false_alarm_rate"],
            alarm=config["alarm"],
        script:
            "../scripts/learn_model.py"

    rule map_detectability:
        """Map what the inspection can see: at each place the smallest change that would reach the alarm."""
        input:
            model="results/inspection/model.npz",
        output:
            parquet="results/inspection/detectability.parquet",
            picture="results/inspection/detectability.png",
        log:
            "results/logs/map_detectability/model.log",
        benchmark:
            "results/logs/map_detectability/model.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("map_detectability"),
        params:
            code=fingerprint("map_detectability"),
        script:
            "../scripts/map_detectability.py"

    for shard in INSPECTED_SHARDS:

        rule:
            """Inspect one shard's images."""
            name:
                f"inspect_images_{shard.label}"
            input:
                accepted=ACCEPTED,
                mosaics=f"results/matrices/mosaics/{shard.name}.parquet",
                model="results/inspection/model.npz",
            output:
                verdicts=f"results/inspection/sets/{shard.name}.parquet",
                distances=f"results/inspection/distances/{shard.name}.parquet",
            log:
                f"results/logs/inspect_images/{shard.name}.log",
            benchmark:
                f"results/logs/inspect_images/{shard.name}.tsv"
            conda:
                "../config/environment.yaml"
            resources:
                **claim("inspect_images", len(shard.images)),
            params:
                code=fingerprint("inspect_images"),
                mapped="all" if EACH or shard.image_set != "inspect" else "flagged",
            script:
                "../scripts/inspect_images.py"


for shard in INSPECTED_SHARDS:

    rule:
        """Draw the heat maps of one shard's images; where these are of flagged photos alone, write their CSV, too."""
        name:
            f"draw_heatmaps_{shard.label}"
        input:
            photos=photo_table(shard),
            images=drawn_files(shard),
            verdicts=f"results/inspection/sets/{shard.name}.parquet",
            distances=f"results/inspection/distances/{shard.name}.parquet",
            matrices=[] if EACH else f"results/matrices/{shard.name}.parquet",
            boxes=boxes_files([shard]),
            model="results/inspection/model.npz",
        output:
            **flagged_csv(shard),
            maps=reported_heatmaps(shard),
        log:
            f"results/logs/draw_heatmaps/{shard.name}.log",
        benchmark:
            f"results/logs/draw_heatmaps/{shard.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_heatmaps", len(shard.images)),
        params:
            code=fingerprint("draw_heatmaps"),
            names=shard.images if DRAWN_SETS else [],
            shown="all" if EACH else "flagged",
            folder=SETS[shard.image_set].folder,
        script:
            "../scripts/draw_heatmaps.py"


rule gather_verdicts:
    """Gather the verdicts of all sets in one table."""
    input:
        checked=rules.check_photos.output.parquet if PHOTOS else [],
        verdicts=[f"results/inspection/sets/{shard.name}.parquet" for shard in INSPECTED_SHARDS],
    output:
        parquet="results/inspection/verdicts.parquet",
        csv=report(
            "results/inspection/verdicts.csv",
            caption="../captions/verdicts.rst",
            category="4. Inspection",
            labels={"table": "verdicts"},
        ),
    log:
        "results/logs/gather_verdicts/verdicts.log",
    benchmark:
        "results/logs/gather_verdicts/verdicts.tsv"
    localrule: True
    conda:
        "../config/environment.yaml"
    params:
        code=fingerprint("gather_verdicts"),
    script:
        "../scripts/gather_verdicts.py"


if LABELLED_KINDS:

    rule evaluate_detectors:
        """Evaluate the inspection and the classical detectors on the same images."""
        input:
            checked=rules.check_photos.output.parquet if PHOTOS else [],
            verdicts=set_files("results/inspection/sets", TESTED_SETS),
            distances=set_files("results/inspection/distances", TESTED_SETS),
            mosaics=set_files("results/matrices/mosaics", ["learn", *TESTED_SETS]),
            matrices=set_files("results/matrices", ["learn", *TESTED_SETS]),
            masks=[shard.masks for shard in SHARDS if not PHOTOS],
            model="results/inspection/model.npz",
        output:
            parquet="results/inspection/evaluation.parquet",
            csv=report(
                "results/inspection/evaluation.csv",
                caption="../captions/evaluation.rst",
                category="4. Inspection",
                labels={"table": "evaluation"},
            ),
        log:
            "results/logs/evaluate_detectors/evaluation.log",
        benchmark:
            "results/logs/evaluate_detectors/evaluation.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("evaluate_detectors", IMAGES),
        params:
            code=fingerprint("evaluate_detectors"),
            seed=config["seed"],
            tested=TESTED_SETS,
            masks=masks_of_images(),
        script:
            "../scripts/evaluate_detectors.py"
