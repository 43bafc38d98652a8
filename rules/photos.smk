# Photos: what is wrong with the user's own, before anything is shown of them; and the one that others are registered on.
# In: how each was read, and what was learned. Out: results/photos/. One job that lists, one that stops, one that adds.

PHOTO_TABLES = [paths.photo_table(shard) for shard in LAYOUT.read]


if PHOTOS and LAYOUT.registered:

    rule choose_anchor:
        """Choose how photos are registered, if that helps, and the one that all others are registered on."""
        output:
            picture="results/photos/anchor.png",
            choice="results/photos/registration.json",
        log:
            "results/logs/choose_anchor/anchor.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("choose_anchor", len(LAYOUT.anchor_photos()["photos"])),
        params:
            given=given(
                *("choose_anchor", "mosaic_size", "fit", "registration", "registration_limits"),
                **LAYOUT.anchor_photos(),
                picture=PICTURE,
                side=LAYOUT.side,
            ),
        script:
            "../scripts/choose_anchor.py"


if PHOTOS:

    rule check_photos:
        """List what reading alone tells: the photos that cannot be used, and those that look odd."""
        input:
            listed(PHOTO_TABLES),
        output:
            parquet="results/photos/findings.parquet",
            csv="results/photos/findings.csv",
        log:
            "results/logs/check_photos/findings.log",
        priority: 1
        conda:
            "../config/environment.yaml"
        resources:
            **claim("check_photos", LAYOUT.images),
        params:
            given=given("check_photos", "fit", tables=placed(PHOTO_TABLES), places=LAYOUT.places, picture=PICTURE),
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
        priority: 1
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            given=given(
                *("accept_photos", "on_bad_image"),
                photos={name: len(found.images) for name, found in LAYOUT.sets.items() if name != "standard"},
            ),
        script:
            "../scripts/accept_photos.py"

    rule gather_findings:
        """Gather all that is wrong or odd with photos: to what reading told come the good ones that learning found odd."""
        input:
            findings=rules.check_photos.output.parquet,
            accepted=rules.accept_photos.output,
            photos=listed([paths.photo_table(shard) for shard in LAYOUT.of_sets(["learn"])]),
            model="results/inspection/model.npz",
        output:
            parquet="results/photos/check.parquet",
            csv="results/photos/check.csv",
        log:
            "results/logs/gather_findings/check.log",
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            given=given("gather_findings"),
        script:
            "../scripts/gather_findings.py"
