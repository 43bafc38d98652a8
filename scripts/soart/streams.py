"""Random numbers that depend on what they are for, never on what was drawn before them."""

import hashlib

import numpy as np


def generator(seed: int, name: str, index: int) -> "np.random.Generator":
    """Random numbers of one image (or other purpose), from (seed, set name, index) alone.

    Image 7 of a set is therefore the same whether it is drawn alone, with 50 others or in another shard, and one
    more set changes no other set's images. The name enters through its SHA-256.
    """
    return np.random.default_rng([seed, _number(name), index])


def generator_of_content(seed: int, name: str, content: bytes) -> "np.random.Generator":
    """Random numbers of a file, from (seed, purpose, its bytes) alone: whatever it is called, among whatever others."""
    return np.random.default_rng([seed, _number(name), *hashlib.sha256(content).digest()])


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
