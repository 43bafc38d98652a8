# Examples: the drawn images as if they were a user's photos, in each form that `photos:` takes. Not part of `all`.
# In: results/images/. Out: results/examples/, a folder each: folders, mvtec, sheet.

EXAMPLES = ("folders", "mvtec", "sheet")  # the forms that `photos:` takes


rule examples:
    """Lay out the drawn images as photos, for config/examples/."""
    input:
        [f"results/examples/{form}" for form in EXAMPLES if LAYOUT.drawn],


rule boards:
    """Draw circuit boards and their templates as photos beside a sheet, for config/examples/boards.yaml."""
    input:
        "results/examples/boards" if LAYOUT.drawn else [],


if LAYOUT.drawn:
    BOARDS = yaml_files.read_yaml(BASE / "config/examples/boards.yaml")

    ARRANGED = {
        "images": [[shard.image_set, placed(shard.files)] for shard in LAYOUT.shards[1:]],
        "masks": {shard.image_set: placed(shard.masks) for shard in LAYOUT.shards if shard.masks},
    }

    rule arrange_examples:
        """Copy the drawn images into two folders, into the layout of MVTec AD, and beside a sheet."""
        input:
            images=[shard.files for shard in LAYOUT.shards],
            masks=[shard.masks for shard in LAYOUT.shards],
        output:
            directory([f"results/examples/{form}" for form in EXAMPLES]),
        log:
            "results/logs/arrange_examples/examples.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("arrange_examples"),
        params:
            given=given("arrange_examples", **ARRANGED),
        script:
            "../scripts/arrange_examples.py"

    rule draw_boards:
        """Draw circuit boards, a template of each and the errors' masks, and write their sheet."""
        output:
            directory("results/examples/boards"),
        log:
            "results/logs/draw_boards/boards.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("draw_boards"),
        params:
            given=given(
                *("draw_boards", "seed", "jpeg_quality"),
                counts={name: BOARDS[f"{name}_images"] for name in ("learn", "normal", "error")},
                fluctuation=BOARDS["fluctuation"],
                camera_noise=BOARDS["camera_noise"],
                scene=yaml_files.read_yaml(BASE / BOARDS["scene"]),
            ),
        script:
            "../scripts/draw_boards.py"
