# Matrices: each image as a small mosaic, gray and in colour.
# In: results/images/, or photos. Out: results/matrices/, a CSV an image, two Parquet tables a shard. One job a shard.


rule matrices:
    """Bring all matrices up to date."""
    input:
        [csv_files(shard) for shard in READ_SHARDS],
        set_files("results/matrices"),
        [f"results/matrices/mosaics/{shard.name}.parquet" for shard in READ_SHARDS],


for shard in READ_SHARDS:

    rule:
        """Read one shard's images as matrices."""
        name:
            f"read_matrices_{shard.label}"
        input:
            images=drawn_files(shard),
            anchor=ANCHOR,
        output:
            **({"photos": photo_table(shard)} if PHOTOS else {}),
            **csv_outputs(shard),
            table=f"results/matrices/{shard.name}.parquet",
            mosaics=f"results/matrices/mosaics/{shard.name}.parquet",
        log:
            f"results/logs/read_matrices/{shard.name}.log",
        benchmark:
            f"results/logs/read_matrices/{shard.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("read_matrices", len(shard.images)),
        params:
            code=fingerprint("read_matrices"),
            names=shard.images,
            image_set=shard.image_set,
            folder=SETS[shard.image_set].folder,
            photos=photos_of(shard),
            masks=shard.masks if PHOTOS else [],
            templates=shard.templates if PAIRS else [],
            state=shard.state,
            picture=PICTURE,
            small=bool(LABELLED_KINDS) or not PHOTOS,
            matrix_size=config["matrix_size"],
            mosaic_size=config["mosaic_size"],
            fit=config["fit"],
            registration=config["registration"],
            limits=config["registration_limits"],
        script:
            "../scripts/read_matrices.py"


if "standard" not in [shard.image_set for shard in READ_SHARDS]:

    rule average_matrices:
        """Average the good photos' matrices: the standard."""
        input:
            accepted=ACCEPTED,
            matrices=set_files("results/matrices", ["learn"]),
        output:
            "results/matrices/standard.parquet",
        log:
            "results/logs/average_matrices/standard.log",
        benchmark:
            "results/logs/average_matrices/standard.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("average_matrices", len(SETS["learn"].images)),
        params:
            code=fingerprint("average_matrices"),
        script:
            "../scripts/average_matrices.py"
