"""Changes: at each place the smallest change that colour words see, from the model alone.

T = S^2 places. A change of `a` gray levels at some places moves every colour there towards the middle of its range:
bright ones darker, dark ones brighter. It moves the words that see it in a straight line, s = m + a u. Every energy is
therefore a parabola in a: at the judges of place k, for the word at k + v,

    E_kv(a) = ((c + a u)' P_k (c + a u)) / d + mu_k^2,    c = m_{k+v} - m_k,

with mu_k^2 for what good parts differ there anyway. z_k, the score and the threshold follow as in `distances`.
"""

from collections.abc import Callable

import numpy as np

from soart.inspection.distances import Judges, Settings
from soart.inspection.scales import top_mean
from soart.inspection.words import neighbours, patterns

MIDDLE = 127.5  # gray levels
LARGEST = 127.0  # gray levels: the largest change that every place has room for
STEPS = 10  # halvings of the range: to 127 / 2^10 = 0.12 levels, within which the score is taken as a straight line
CHUNK = 256  # places computed at once: a matter of memory alone
EVERY = 3  # rows and columns of places of which one is asked for what is usual


def directions(reference: np.ndarray) -> np.ndarray:
    """Return where a change moves each colour: +1 where the mean good picture, (S, S, 3), is dark, else -1."""
    return np.where(reference < MIDDLE, np.float32(1), np.float32(-1))


def smallest_changes(
    judges: Judges,
    settings: Settings,
    held_out: np.ndarray,
    level: float | None,
    reach: int,
    inside: np.ndarray | None = None,
    asked: np.ndarray | None = None,
) -> np.ndarray:
    """Return the smallest change, in gray levels, that reaches a score: (S, S) float64.

    The change is of one place (`reach` 0) or of the 3x3 places around it (`reach` 1). `level` is the score to reach,
    None where no alarm is possible. NaN where no change up to `LARGEST` does, a blind place, and everywhere without a
    level. At that size about half of such changes in good parts are found, because these differ by themselves; at twice
    that size nearly all. The other places are those of a usual good part: the mean of their largest z is the median
    held-out score. `inside`, (S, S) bool: which places count, all by default. The others have no words, and NaN
    here. `asked`, (S, S) bool: of which places the change is wanted, all that count by default; others have NaN.
    """
    inside = np.ones(settings.size**2, bool) if inside is None else inside.ravel()
    if level is None:
        return np.full((settings.size, settings.size), np.nan)
    usual = float(np.median(held_out))
    counted = np.flatnonzero(inside if asked is None else inside & asked.ravel())
    found = np.full(settings.size**2, np.nan)
    for start in range(0, len(counted), CHUNK):
        places = counted[start : start + CHUNK]
        score = _score(judges, settings, places, reach, usual, inside)
        low, high = np.zeros(len(places)), np.full(len(places), LARGEST)
        for _ in range(STEPS):
            middle = (low + high) / 2
            reached = score(middle) >= level
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        below, above = score(low), score(high)
        share = np.clip((level - below) / np.maximum(above - below, 1e-12), 0, 1)
        found[places] = np.where(score(np.full(len(places), LARGEST)) >= level, low + share * (high - low), np.nan)
    return found.reshape(settings.size, settings.size)


def _score(
    judges: Judges, settings: Settings, places: np.ndarray, reach: int, usual: float, inside: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the score of a good part as a function of changes, (m,), of its `places`, (m,): each by itself."""
    size = settings.size
    seen_from = neighbours(size, reach + 1)[places]  # (m, K): k whose unshifted word sees the change; others stay calm
    rows, columns = np.divmod(places[:, None], size)
    steps = np.arange(-reach - 1, reach + 2)
    within = [(side[..., None] + steps >= 0) & (side[..., None] + steps < size) for side in (rows, columns)]
    once = (within[0][:, 0, :, None] & within[1][:, 0, None, :]).reshape(len(places), -1)  # edges repeat places
    once &= inside[seen_from]
    shifted = neighbours(size, settings.shift)[seen_from]  # (m, K, V)
    moves = _moves(judges, settings, places, shifted, reach)  # (m, K, V, d)
    moves *= inside[shifted][..., None]
    offsets = judges.mean[shifted] - judges.mean[seen_from][:, :, None]
    precision, length = judges.precision[seen_from], moves.shape[-1]
    weighed = moves @ precision
    squares = np.einsum("mkvi,mkvi->mkv", weighed, moves) / length
    mixed = 2 * np.einsum("mkvi,mkvi->mkv", weighed, offsets) / length
    constant = np.einsum("mkvi,mkvi->mkv", offsets @ precision, offsets) / length
    expected, deviation = judges.expected[:, seen_from], judges.deviation[:, seen_from]
    noise = np.where(np.isfinite(expected), expected, 0) ** 2
    unshifted = shifted.shape[2] // 2
    silent = ~inside[shifted]
    silent[..., unshifted] = False  # `once` leaves such places out; infinite energies there would make NaN
    constant = np.where(silent, np.inf, constant)
    others = np.full((len(places), settings.top), usual)

    def score(changes: np.ndarray) -> np.ndarray:
        change = changes[:, None, None]
        energies = np.maximum(squares * change**2 + mixed * change + constant, 0)
        energies = np.stack([energies.min(axis=2), energies[:, :, unshifted]])
        z = ((np.sqrt(energies + noise) - expected) / deviation).max(axis=0)
        return top_mean(np.concatenate([np.where(once, z, -np.inf), others], axis=1), settings.top)

    return score


def _moves(judges: Judges, settings: Settings, places: np.ndarray, words: np.ndarray, reach: int) -> np.ndarray:
    """u: by how much some words, (m, K, V) places, move for each gray level of a change at `places`: (..., d)."""
    size = settings.size
    basis = np.stack([np.outer(*pair).ravel() for pair in patterns(settings.degree)])  # (patterns, 9)
    pixels, colours = neighbours(size, 1), directions(judges.reference).reshape(size**2, 3)
    (rows, columns), (row, column) = (np.divmod(each, size) for each in (pixels, places[:, None, None, None]))
    near = (np.abs(rows[words] - row) <= reach) & (np.abs(columns[words] - column) <= reach)  # (m, K, V, 9)
    changed = near[..., None] * colours[pixels][words]
    return np.einsum("...xc,px->...pc", changed, basis, optimize=True).reshape(*words.shape, -1)


def doubling_change(
    judges: Judges, settings: Settings, held_out: np.ndarray, inside: np.ndarray | None = None
) -> float:
    """Return the change of 3x3 places, in gray levels, that doubles a usual good part's score: the median place's.

    Of every third place in every third row, or of all that count where none of these does. A usual score is the median
    of `held_out`, (n,): neither the alarm nor an odd photo has a say. Infinite where half of the places are blind, and
    where a usual score tells nothing: it is not above 0, or fewer places count than make a score.
    """
    asked = np.zeros((settings.size,) * 2, bool)
    asked[EVERY // 2 :: EVERY, EVERY // 2 :: EVERY] = True
    counted = np.ones_like(asked) if inside is None else inside
    asked = counted & asked if (counted & asked).any() else counted
    usual = float(np.median(held_out))
    if usual <= 0 or counted.sum() < settings.top:
        return np.inf
    return median(smallest_changes(judges, settings, held_out, 2 * usual, 1, inside, asked)[asked])


def median(levels: np.ndarray) -> float:
    """Return the median of changes; infinite where half of the places or more are blind."""
    return float(np.median(np.where(np.isnan(levels), np.inf, levels)))
