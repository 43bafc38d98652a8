# Examples: the drawn images as if they were a user's photos, in each form that `photos:` takes. Not part of `all`.
# In: results/images/. Out: results/examples/, a folder each: folders, mvtec, sheet.


rule examples:
    """Lay out the drawn images as photos, for config/examples/."""
    input:
        "results/examples" if DRAWN_SETS else [],


if DRAWN_SETS:

    rule arrange_examples:
        """Copy the drawn images into two folders, into the layout of MVTec AD, and beside a sheet."""
        input:
            images=[shard.files for shard in SHARDS],
            masks=[shard.masks for shard in SHARDS],
        output:
            directory("results/examples"),
        log:
            "results/logs/arrange_examples/examples.log",
        benchmark:
            "results/logs/arrange_examples/examples.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("arrange_examples"),
        params:
            code=fingerprint("arrange_examples"),
            images={shard.image_set: shard.files for shard in SHARDS if shard.image_set != "standard"},
            masks={shard.image_set: shard.masks for shard in SHARDS if shard.masks},
        script:
            "../scripts/arrange_examples.py"
