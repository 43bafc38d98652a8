# Photos: what is wrong with the user's own, before anything is computed from them; and the one that others are
# registered on. In: how each was read. Out: results/photos/. One job that lists, one that stops.

if PHOTOS and REGISTERED:

    rule choose_anchor:
        """Choose the picture on which all others are registered."""
        output:
            "results/photos/anchor.png",
        log:
            "results/logs/choose_anchor/anchor.log",
        benchmark:
            "results/logs/choose_anchor/anchor.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("choose_anchor", len(anchor_photos())),
        params:
            code=fingerprint("choose_anchor"),
            photos=anchor_photos(),
            state=shards.state(anchor_photos()),
            picture=PICTURE,
            mosaic_size=config["mosaic_size"],
            fit=config["fit"],
            registration=config["registration"],
            limits=config["registration_limits"],
        script:
            "../scripts/choose_anchor.py"


if PHOTOS:

    rule check_photos:
        """List the photos that cannot be used, and those that look odd."""
        input:
            [photo_table(shard) for shard in READ_SHARDS],
        output:
            parquet="results/photos/check.parquet",
            csv="results/photos/check.csv",
        log:
            "results/logs/check_photos/check.log",
        benchmark:
            "results/logs/check_photos/check.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("check_photos", IMAGES),
        params:
            code=fingerprint("check_photos"),
        script:
            "../scripts/check_photos.py"

    rule accept_photos:
        """Stop if photos cannot be used, unless they are to be left out."""
        input:
            rules.check_photos.output.parquet,
        output:
            "results/photos/accepted.txt",
        log:
            "results/logs/accept_photos/accepted.log",
        benchmark:
            "results/logs/accept_photos/accepted.tsv"
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            code=fingerprint("accept_photos"),
            on_bad_image=config["on_bad_image"],
            photos={name: len(image_set.images) for name, image_set in SETS.items() if name != "standard"},
        script:
            "../scripts/accept_photos.py"
