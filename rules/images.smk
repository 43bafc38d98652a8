# Images: the standard, the learning and test images, the errors and their masks.
# In: the scene. Out: results/images/. draw_standard and draw_set_... draw, one job a set, since every image is an output of
# its own; draw_images settles what all sets are drawn from, so that one name forces them all.

PART = {key: SCENE[key] for key in ("canvas", "background", "shapes")}
DRAWING = (
    "seed",
    "fluctuation",
    "fluctuate",
    "camera_gain",
    "camera_noise",
    "camera_shift",
    "camera_turn",
    "jpeg_quality",
)


rule images:
    """Bring all images up to date."""
    input:
        [paths.image_files(image_set) for image_set in LAYOUT.drawn],
        [paths.mask_files(image_set) for image_set in LAYOUT.drawn],


if LAYOUT.drawn:

    rule draw_standard:
        """Draw the part as it is meant to be."""
        output:
            "results/images/image_standard.jpg",
        log:
            "results/logs/draw_standard/standard.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_standard"),
        params:
            given=given("draw_standard", "jpeg_quality", part=PART),
        script:
            "../scripts/draw_standard.py"

    rule draw_images:
        """Settle what the rules draw_set_... draw all images from: to force this one draws every set anew."""
        output:
            "results/images/drawing.json",
        log:
            "results/logs/draw_images/drawing.log",
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            given=given("draw_images", drawing={"part": PART} | {key: config[key] for key in DRAWING}),
        script:
            "../scripts/draw_images.py"


for image_set in LAYOUT.drawn[1:]:

    rule:
        """Draw one set's images, and an error's masks."""
        name:
            f"draw_set_{image_set.name}"
        input:
            rules.draw_images.output,
        output:
            images=[f"results/images/{image_set.folder}{image}.jpg" for image in image_set.images],
            masks=[f"results/images/mask/{image}.png" for image in image_set.images if image_set.changes],
        log:
            f"results/logs/draw_set/{image_set.name}.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_set", len(image_set.images)),
        params:
            given=given("draw_set", image_set=image_set.name, changes=image_set.changes),
        script:
            "../scripts/draw_set.py"
