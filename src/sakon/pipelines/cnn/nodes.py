"""What is the cnn's own: its first filters, and Grad-CAM."""

from __future__ import annotations

import numpy as np

from sakon.lazy import Network, go, keras
from sakon.models.predict import reads_tokens, select_inputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec

from .figures import attention_grid, attention_on_tokens, filter_grid

EXAMPLES = 10


def draw_filters(model: Network) -> go.Figure:
    """Draw the kernels of the first convolution, averaged over input channels."""
    kernel = np.asarray(model.get_layer("first_filters").kernel).mean(axis=-2)
    return filter_grid(kernel if kernel.ndim == 3 else kernel[None])


def draw_attention(model: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw where the network looks, for one validation example of each class or spread of the target.

    Args:
        model: A trained cnn.
        validation: Examples to look at.
        input_spec: What the model reads and answers.
    """
    chosen = _examples(validation)
    x = select_inputs(model, validation).x[chosen]
    heat, answers = grad_cam(model, x)
    captions = [_caption(answer, validation.y[i], input_spec) for answer, i in zip(answers, chosen, strict=True)]
    if reads_tokens(model):
        texts = [[input_spec.vocabulary[token] for token in row[row > 0]] for row in x]
        return attention_on_tokens(texts, heat, captions)
    return attention_grid(x, heat, captions)


def grad_cam(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight the last maps by how much each moves the answer.

    Selvaraju et al. 2017, "Grad-CAM" (arXiv 1610.02391), eq. 1 and 2.

    Args:
        model: A trained cnn.
        x: Examples, (rows, *shape).

    Returns:
        Heat in [0, 1], (rows, height, width) or (rows, steps); answers, (rows, outputs).
    """
    import tensorflow as tf

    tapped = keras.Model(model.input, [model.get_layer("last_maps").output, model.output])
    with tf.GradientTape() as tape:
        maps, answers = tapped(x, training=False)
        strongest = tf.reduce_max(answers, axis=-1)
    places = tuple(range(1, len(maps.shape) - 1))
    weights = tf.reduce_mean(tape.gradient(strongest, maps), axis=places, keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1)).numpy()
    largest = heat.reshape(len(heat), -1).max(axis=1)
    return heat / np.maximum(largest, 1e-9).reshape(-1, *[1] * len(places)), np.asarray(answers)


def _examples(part: Examples) -> list[int]:
    order = np.argsort(mean_target(part.y), kind="stable")
    if np.issubdtype(part.y.dtype, np.integer):
        classes = np.unique(part.y)[:EXAMPLES]
        return [int(i) for value in classes for i in np.flatnonzero(part.y == value)[: EXAMPLES // len(classes)]]
    return [int(order[i]) for i in np.linspace(0, len(order) - 1, min(EXAMPLES, len(order))).astype(int)]


def _caption(answer: np.ndarray, actual: np.ndarray, input_spec: InputSpec) -> str:
    if input_spec.classes:
        return f"{input_spec.classes[int(actual)]} → {input_spec.classes[int(answer.argmax())]}"
    values = input_spec.in_unit_of_target(np.array([np.mean(actual), answer.mean()]))
    return f"{values[0]:.3g} → {values[1]:.3g}"
