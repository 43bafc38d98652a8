# Pairs: in place of learning (`detector: pair`), compare each photo with a template of this very part.
# In: photos and templates. Out: the same under results/inspection/, and boxes. One job a shard.

if LAYOUT.pairs:
    BOXES = {"caption": "../captions/boxes.rst", "category": "4. Inspection", "labels": {"table": "boxes"}}
    BOX_TABLES = [paths.box_table(shard) for shard in LAYOUT.inspected]

    rule calibrate_pairs:
        """Compare the good photos with their templates: which alarms they allow."""
        input:
            mosaics=listed(GOOD_MOSAICS),
        output:
            model="results/inspection/model.npz",
            calibration=report("results/inspection/calibration.csv", **CARD),
        log:
            "results/logs/calibrate_pairs/model.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("calibrate_pairs", len(LAYOUT.sets["learn"].images)),
        params:
            given=given(
                *("calibrate_pairs", "mosaic_size", "fit", "pair", *ALARM),
                **{"picture": PICTURE} | pairs_of(LAYOUT.of_sets(["learn"])),
            ),
        script:
            "../scripts/calibrate_pairs.py"

    rule inspect_pairs:
        """Compare one shard's photos with their templates."""
        input:
            mosaics="results/matrices/mosaics/{shard}.parquet",
            model=rules.calibrate_pairs.output.model,
        output:
            verdicts="results/inspection/sets/{shard}.parquet",
            distances="results/inspection/distances/{shard}.parquet",
            boxes="results/inspection/boxes/{shard}.parquet",
        log:
            "results/logs/inspect_pairs/{shard}.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("inspect_pairs"),
        params:
            given=given("inspect_pairs", of=pairs_of_shard),
        script:
            "../scripts/inspect_pairs.py"

    rule gather_boxes:
        """Gather the boxes of all flagged photos in one table."""
        input:
            listed(BOX_TABLES),
        output:
            parquet="results/inspection/boxes.parquet",
            csv=report("results/inspection/boxes.csv", **BOXES),
        log:
            "results/logs/gather_boxes/boxes.log",
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            given=given("gather_boxes", tables=placed(BOX_TABLES)),
        script:
            "../scripts/gather_boxes.py"
