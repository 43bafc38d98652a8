# Inspection: learn from the learning images alone, then say of every other image whether it is good, how sure, and where
# it is not. In: the colour mosaics, and for heat maps the images. Out: results/inspection/. One job a set.


rule inspection:
    """Bring the inspection up to date."""
    input:
        "results/inspection/model.npz",
        "results/inspection/calibration.csv",
        "results/inspection/verdicts.parquet",
        "results/inspection/verdicts.csv",
        "results/inspection/evaluation.parquet" if ERROR_KINDS else [],
        "results/inspection/evaluation.csv" if ERROR_KINDS else [],
        [heatmap_files(image_set) for image_set in INSPECTED_SETS],


rule learn_model:
    """Learn from the good images what a good part looks like, and which alarms they allow."""
    input:
        "results/matrices/mosaics/learn.parquet",
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
        decoding=config["decoding"],
        inspection=config["inspection"],
        false_alarm_rate=config["false_alarm_rate"],
        alarm=config["alarm"],
    script:
        "../scripts/learn_model.py"


for image_set in INSPECTED_SETS:

    rule:
        """Inspect one set's images."""
        name:
            f"inspect_images_{image_set.name}"
        input:
            mosaics=f"results/matrices/mosaics/{image_set.name}.parquet",
            model="results/inspection/model.npz",
        output:
            verdicts=f"results/inspection/sets/{image_set.name}.parquet",
            distances=f"results/inspection/distances/{image_set.name}.parquet",
        log:
            f"results/logs/inspect_images/{image_set.name}.log",
        benchmark:
            f"results/logs/inspect_images/{image_set.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("inspect_images", len(image_set.images)),
        params:
            code=fingerprint("inspect_images"),
        script:
            "../scripts/inspect_images.py"

    rule:
        """Draw the heat maps of one set's images."""
        name:
            f"draw_heatmaps_{image_set.name}"
        input:
            images=image_files(image_set),
            verdicts=f"results/inspection/sets/{image_set.name}.parquet",
            distances=f"results/inspection/distances/{image_set.name}.parquet",
            model="results/inspection/model.npz",
        output:
            reported_heatmaps(image_set),
        log:
            f"results/logs/draw_heatmaps/{image_set.name}.log",
        benchmark:
            f"results/logs/draw_heatmaps/{image_set.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_heatmaps", len(image_set.images)),
        params:
            code=fingerprint("draw_heatmaps"),
        script:
            "../scripts/draw_heatmaps.py"


rule gather_verdicts:
    """Gather the verdicts of all sets in one table."""
    input:
        [f"results/inspection/sets/{image_set.name}.parquet" for image_set in INSPECTED_SETS],
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
    conda:
        "../config/environment.yaml"
    params:
        code=fingerprint("gather_verdicts"),
    script:
        "../scripts/gather_verdicts.py"


if ERROR_KINDS:

    rule evaluate_detectors:
        """Evaluate the inspection and the classical detectors on the same images."""
        input:
            verdicts=[f"results/inspection/sets/{name}.parquet" for name in ["normal", *ERROR_KINDS]],
            distances=[f"results/inspection/distances/{name}.parquet" for name in ["normal", *ERROR_KINDS]],
            mosaics=[f"results/matrices/mosaics/{name}.parquet" for name in ["learn", "normal", *ERROR_KINDS]],
            matrices=[f"results/matrices/{name}.parquet" for name in ["learn", "normal", *ERROR_KINDS]],
            masks=[mask_files(SETS[kind]) for kind in ERROR_KINDS],
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
            sets=["learn", "normal", *ERROR_KINDS],
            inspected=["normal", *ERROR_KINDS],
            kinds={kind: len(SETS[kind].images) for kind in ERROR_KINDS},
        script:
            "../scripts/evaluate_detectors.py"
