# Images: the standard, the learning and test images, the errors and their masks.
# In: the scene. Out: results/images/. One job a set.


rule images:
    """Bring all images up to date."""
    input:
        [image_files(image_set) for image_set in DRAWN_SETS],
        [mask_files(image_set) for image_set in DRAWN_SETS],


if DRAWN_SETS:

    rule draw_standard:
        """Draw the part as it is meant to be."""
        output:
            "results/images/image_standard.jpg",
        log:
            "results/logs/draw_standard/standard.log",
        benchmark:
            "results/logs/draw_standard/standard.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_standard", 1),
        params:
            code=fingerprint("draw_standard"),
            scene=PART,
            jpeg_quality=config["jpeg_quality"],
        script:
            "../scripts/draw_standard.py"


for image_set in DRAWN_SETS[1:]:

    rule:
        """Draw one set's images, and an error's masks."""
        name:
            f"draw_images_{image_set.name}"
        output:
            **({"masks": mask_files(image_set)} if image_set.changes else {}),
            images=image_files(image_set),
        log:
            f"results/logs/draw_images/{image_set.name}.log",
        benchmark:
            f"results/logs/draw_images/{image_set.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_images", len(image_set.images)),
        params:
            code=fingerprint("draw_images"),
            seed=config["seed"],
            image_set=image_set.name,
            scene=PART,
            changes=image_set.changes,
            fluctuation=config["fluctuation"],
            fluctuate=config["fluctuate"],
            camera_gain=config["camera_gain"],
            camera_noise=config["camera_noise"],
            camera_shift=config["camera_shift"],
            camera_turn=config["camera_turn"],
            jpeg_quality=config["jpeg_quality"],
        script:
            "../scripts/draw_images.py"
