# Matrices: each image as a small mosaic, gray and in colour.
# In: results/images/. Out: results/matrices/, a CSV an image, two Parquet tables a set. One job a set.


rule matrices:
    """Bring all matrices up to date."""
    input:
        [image_files(image_set, ".csv", "results/matrices/csv") for image_set in SETS.values()],
        [f"results/matrices/{name}.parquet" for name in SETS],
        [f"results/matrices/mosaics/{name}.parquet" for name in SETS],


for image_set in SETS.values():

    rule:
        """Read one set's images as matrices."""
        name:
            f"read_matrices_{image_set.name}"
        input:
            image_files(image_set),
        output:
            csv=image_files(image_set, ".csv", "results/matrices/csv"),
            table=f"results/matrices/{image_set.name}.parquet",
            mosaics=f"results/matrices/mosaics/{image_set.name}.parquet",
        log:
            f"results/logs/read_matrices/{image_set.name}.log",
        benchmark:
            f"results/logs/read_matrices/{image_set.name}.tsv"
        conda:
            "../config/environment.yaml"
        resources:
            **claim("read_matrices", len(image_set.images)),
        params:
            code=fingerprint("read_matrices"),
            names=image_set.images,
            image_set=image_set.name,
            matrix_size=config["matrix_size"],
            mosaic_size=config["mosaic_size"],
            decoding=config["decoding"],
        script:
            "../scripts/read_matrices.py"
