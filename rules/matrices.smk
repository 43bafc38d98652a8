# Matrices: each image as a small mosaic, gray and in colour.
# In: results/images/, or photos. Out: results/matrices/, a CSV an image, two Parquet tables a shard. One job a shard;
# of drawn images read_set_... read, and read_images settles how, so that one name forces them all.

PLACING = ("mosaic_size", "fit")
READING = ("matrix_size", *PLACING)
PICTURES = {"registration": LAYOUT.registration, "side": LAYOUT.side}
ANCHOR = ["results/photos/anchor.png", "results/photos/registration.json"]  # what pictures are registered on, and how
ANCHOR = (ANCHOR if PHOTOS else ["results/images/image_standard.jpg"]) if LAYOUT.registered else []
SEEN = {"picture": PICTURE, "small": bool(LAYOUT.labelled)}


rule matrices:
    """Bring all matrices up to date."""
    input:
        listed([path for shard in LAYOUT.read for path in LAYOUT.csv_files(shard)]),
        listed([paths.matrix_table(shard) for shard in LAYOUT.shards]),
        listed([paths.mosaic_table(shard) for shard in LAYOUT.read]),
        listed([paths.picture_table(shard) for shard in LAYOUT.read] if LAYOUT.side else []),


if LAYOUT.drawn:

    rule read_images:
        """Settle how the rules read_set_... read all images: to force this one reads every set anew."""
        output:
            "results/matrices/reading.json",
        log:
            "results/logs/read_images/reading.log",
        localrule: True
        conda:
            "../config/environment.yaml"
        params:
            given=given("read_images", reading={key: config[key] for key in READING} | PICTURES),
        script:
            "../scripts/read_images.py"


for shard in LAYOUT.shards if LAYOUT.drawn else []:

    rule:
        """Read one set's drawn images as matrices."""
        name:
            f"read_set_{shard.name}"
        input:
            [*rules.read_images.output, *shard.files, *ANCHOR],
        output:
            csv=LAYOUT.csv_files(shard),
            matrices=[f"results/matrices/{shard.name}.parquet", f"results/matrices/mosaics/{shard.name}.parquet"],
            pictures=f"results/matrices/pictures/{shard.name}.parquet" if LAYOUT.side else [],
        log:
            f"results/logs/read_set/{shard.name}.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("read_set", len(shard.images)),
        params:
            given=given("read_set", image_set=shard.image_set, names=shard.images),
        script:
            "../scripts/read_set.py"


if PHOTOS:

    rule read_photos:
        """Read one shard's photos as matrices; a photo that cannot be read is a row that says why."""
        input:
            ANCHOR,
        output:
            photos="results/photos/shards/{shard}.parquet",
            csv=directory("results/matrices/csv/{shard}") if LAYOUT.each else [],
            matrices=["results/matrices/{shard}.parquet", "results/matrices/mosaics/{shard}.parquet"],
            pictures="results/matrices/pictures/{shard}.parquet" if LAYOUT.side else [],
        log:
            "results/logs/read_photos/{shard}.log",
        priority: 1
        conda:
            "../config/environment.yaml"
        resources:
            **claim("read_photos"),
        params:
            given=given("read_photos", *READING, of=photos_of_shard, **PICTURES, **SEEN),
        script:
            "../scripts/read_photos.py"


if PHOTOS and config["photo_standard"] == shards.MEAN:

    rule average_matrices:
        """Average the good photos' matrices: the standard, where no photo is named as one."""
        input:
            listed([paths.matrix_table(shard) for shard in LAYOUT.of_sets(["learn"])]),
        output:
            "results/matrices/standard.parquet",
        log:
            "results/logs/average_matrices/standard.log",
        conda:
            "../config/environment.yaml"
        resources:
            **claim("average_matrices", len(LAYOUT.sets["learn"].images)),
        params:
            given=given("average_matrices"),
        script:
            "../scripts/average_matrices.py"
