"""Random numbers that depend on what they are for, never on what was drawn before them."""

import hashlib

import numpy as np


def generator(seed: int, name: str, index: int) -> np.random.Generator:
    """Random numbers of one image (or other purpose), from (seed, set name, index) alone.

    Image 7 of a set is therefore the same whether it is drawn alone, with 50 others or in another shard, and one
    more set changes no other set's images. The name enters through its SHA-256.
    """
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, digest, index])
