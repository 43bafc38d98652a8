# Pairs: in place of learning (`detector: pair`), compare each photo with a template of this very part.
# In: photos and templates. Out: the same under results/inspection/, and boxes. One job a shard.


if PAIRS:

    rule calibrate_pairs:
        """Compare the good photos with their templates: which alarms they allow."""
        input:
            accepted=ACCEPTED,
            mosaics=set_files("results/matrices/mosaics", ["learn"]),
        output:
            model="results/inspection/model.npz",
            calibration=report(
                "results/inspection/calibration.csv",
                caption="../captions/calibration.rst",
                category="4. Inspection",
                labels={"table": "calibration card"},
            ),
        log:
            "results/logs/calibrate_pairs/model.log",
        benchmark:
            "results/logs/calibrate_pairs/model.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("calibrate_pairs", len(SETS["learn"].images)),
        params:
            **pairs_of([shard for shard in SHARDS if shard.image_set == "learn"]),
            code=fingerprint("calibrate_pairs"),
            picture=PICTURE,
            mosaic_size=config["mosaic_size"],
            fit=config["fit"],
            pair=config["pair"],
            false_alarm_rate=config["false_alarm_rate"],
            alarm=config["alarm"],
        script:
            "../scripts/calibrate_pairs.py"

    for shard in INSPECTED_SHARDS:

        rule:
            """Compare one shard's photos with their templates."""
            name:
                f"inspect_pairs_{shard.label}"
            input:
                accepted=ACCEPTED,
                mosaics=f"results/matrices/mosaics/{shard.name}.parquet",
                model="results/inspection/model.npz",
            output:
                verdicts=f"results/inspection/sets/{shard.name}.parquet",
                distances=f"results/inspection/distances/{shard.name}.parquet",
                boxes=f"results/inspection/boxes/{shard.name}.parquet",
            log:
                f"results/logs/inspect_pairs/{shard.name}.log",
            benchmark:
                f"results/logs/inspect_pairs/{shard.name}.tsv"
            conda:
                "../config/environment.yaml"
            resources:
                **claim("inspect_pairs", len(shard.images)),
            params:
                **pairs_of([shard]),
                code=fingerprint("inspect_pairs"),
                mapped="all" if EACH or shard.image_set != "inspect" else "flagged",
            script:
                "../scripts/inspect_pairs.py"

    rule gather_boxes:
        """Gather the boxes of all flagged photos in one table."""
        input:
            boxes_files(INSPECTED_SHARDS),
        output:
            parquet="results/inspection/boxes.parquet",
            csv=report(
                "results/inspection/boxes.csv",
                caption="../captions/boxes.rst",
                category="4. Inspection",
                labels={"table": "boxes"},
            ),
        log:
            "results/logs/gather_boxes/boxes.log",
        benchmark:
            "results/logs/gather_boxes/boxes.tsv"
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            code=fingerprint("gather_boxes"),
        script:
            "../scripts/gather_boxes.py"
