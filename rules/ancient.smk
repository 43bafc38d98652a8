# What Snakemake 9.27 gets wrong about `ancient()`, mended here. It looks for changed code, parameters and inputs only in
# jobs that are not downstream of one that runs, since those run anyway; but it counts as downstream what `ancient()`
# alone connects, and that does not run. A setting changed together with a new photo would go unseen until the next run
# (tests/test_own_photos.py does both at once). Near to it: Snakemake's issue 4166.
from snakemake.dag import DAG


class NotAncient:
    """What depends on a job through files that are not all `ancient()`."""

    def __init__(self, depending):
        self.depending = depending

    def __getitem__(self, job):
        found = self.depending[job].items()
        return {other: files for other, files in found if not all(file.is_ancient for file in files)}


def bfs_past_ancient(self, direction, *jobs, **options):
    """`DAG.bfs`, breadth first from some jobs, that does not follow `ancient()` to what depends on them."""
    return bfs(self, NotAncient(direction) if direction is self.depending else direction, *jobs, **options)


if DAG.bfs.__name__ == "bfs":  # the workflow may be parsed twice
    bfs, DAG.bfs = DAG.bfs, bfs_past_ancient
