"""Attention: alignment scores, weights, context vectors.

    e_i = a(s, h_i)        alignment score of state s and annotation h_i
    alpha = softmax(e)     weights
    c = sum_i alpha_i h_i  context vector

Sources: Bahdanau, Cho and Bengio (2015), which the seed quotes; Vaswani et al. (2017) for query, key and value.
Shapes: queries (..., n, d), keys (..., m, d), values (..., m, p); scores and weights (..., n, m); leading axes are a
batch.
"""

import numpy as np


def dot(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """e = q . k

    >>> dot(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([[11.,  2.]])
    """
    return queries @ np.swapaxes(keys, -1, -2)


def scaled_dot(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """e = q . k / sqrt(d)

    >>> scaled_dot(np.ones((1, 4)), np.array([[1.0, 2.0, 3.0, 4.0]]))
    array([[5.]])
    """
    return dot(queries, keys) / np.sqrt(queries.shape[-1])


def additive(queries: np.ndarray, keys: np.ndarray, W_s: np.ndarray, W_h: np.ndarray, v: np.ndarray) -> np.ndarray:
    """e = v . tanh(W_s q + W_h k), Bahdanau's own; W_s and W_h are (hidden, d), v is (hidden,).

    >>> one = np.eye(1)
    >>> additive(np.array([[0.5]]), np.array([[-0.5], [0.5]]), one, one, np.array([2.0])).round(4)
    array([[0.    , 1.5232]])
    """
    hidden = (queries @ W_s.T)[..., :, None, :] + (keys @ W_h.T)[..., None, :, :]
    return np.tanh(hidden) @ v


def gaussian(queries: np.ndarray, keys: np.ndarray, temperature: float) -> np.ndarray:
    """e = -|q - k|^2 / (2 T); the temperature T > 0 has the unit of a squared distance.

    >>> gaussian(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), temperature=5.0)
    array([[-2.5]])
    """
    difference = queries[..., :, None, :] - keys[..., None, :, :]
    return -np.square(difference).sum(-1) / (2 * temperature)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Weights of each row: exp(e) / sum exp(e), in (0, 1], each row summing to 1.

    The row's maximum is subtracted first: scores of any size neither overflow nor give 0/0.

    >>> softmax(np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]]))
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def context_vectors(scores: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (..., n, m) and context vectors (..., n, p) = weights @ values.

    >>> context_vectors(np.array([[0.0, np.log(3.0)]]), np.array([[4.0], [8.0]]))
    (array([[0.25, 0.75]]), array([[7.]]))
    """
    weights = softmax(scores)
    return weights, weights @ values


def self_attention(
    words: np.ndarray, W_Q: np.ndarray, W_K: np.ndarray, W_V: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The series' form: every word is queried against all words.

    words (n, d); W_Q and W_K (d, k), W_V (d, p). Q = words W_Q and so on; weights (n, n) = softmax over each row of
    Q K^T / sqrt(k); attention (n, p) = weights V. Returns (weights, attention).

    >>> weights, attention = self_attention(np.array([[0.0], [1.0]]), np.eye(1), np.eye(1), np.array([[2.0, -1.0]]))
    >>> weights.round(3)
    array([[0.5  , 0.5  ],
           [0.269, 0.731]])
    >>> attention.round(3)
    array([[ 1.   , -0.5  ],
           [ 1.462, -0.731]])
    """
    return context_vectors(scaled_dot(words @ W_Q, words @ W_K), words @ W_V)
