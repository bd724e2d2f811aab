"""Figures of the cnn: its first filters, and Grad-CAM."""

from __future__ import annotations

import numpy as np

from sakon.backends import backend
from sakon.layers.adapters import features_per_step
from sakon.lazy import Network, go, keras
from sakon.models.predict import reads_tokens, select_inputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec

from .figures import attention_grid, attention_on_tokens, filter_grid

MAX_EXAMPLES = 10


def draw_filters(model: Network) -> go.Figure:
    """Draw the kernels of the first convolution, averaged over input channels."""
    kernel = np.asarray(model.get_layer("first_filters").kernel).mean(axis=-2)
    return filter_grid(kernel if kernel.ndim == 3 else kernel[None])


def draw_attention(model: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw Grad-CAM heat maps of validation examples from all classes or from the range of the target.

    Args:
        model: A trained cnn.
        validation: Examples to select from.
        input_spec: Inputs and outputs of the model.
    """
    selected = _select_examples(validation)
    x = select_inputs(model, validation).x[selected]
    heat, outputs = grad_cam(model, x)
    captions = [_caption(output, validation.y[i], input_spec) for output, i in zip(outputs, selected, strict=True)]
    if reads_tokens(model):
        texts = [[input_spec.vocabulary[token] for token in row[row > 0]] for row in x]
        return attention_on_tokens(texts, heat, captions)
    if x.ndim == 2:  # a table: the heat of a step is that of its features
        heat = np.repeat(heat, features_per_step(x.shape[1]), axis=1)[:, : x.shape[1]]
    return attention_grid(x, heat, captions)


def grad_cam(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the feature maps of the last layer, weighted by the gradient of the largest output (Grad-CAM).

    Selvaraju et al. 2017, "Grad-CAM" (arXiv 1610.02391), eq. 1 and 2.

    Args:
        model: A trained cnn.
        x: Examples, (rows, *shape).

    Returns:
        Heat in [0, 1], (rows, height, width) or (rows, steps); outputs, (rows, outputs).
    """
    maps = model.get_layer("last_maps").output
    inputs = keras.ops.convert_to_tensor(x)
    features, outputs = keras.Model(model.input, [maps, model.output])(inputs, training=False)
    head = keras.Model([maps, model.input], model.output)  # a forecast reads its offset from the inputs
    gradient = backend().input_gradient(
        lambda values: keras.ops.max(head([values, inputs], training=False), axis=-1), features
    )
    gradient, features = (keras.ops.convert_to_numpy(values) for values in (gradient, features))
    axes = tuple(range(1, features.ndim - 1))
    weights = gradient.mean(axis=axes, keepdims=True)
    heat = np.maximum((weights * features).sum(axis=-1), 0)
    largest = heat.reshape(len(heat), -1).max(axis=1)
    return heat / np.maximum(largest, 1e-9).reshape(-1, *[1] * len(axes)), keras.ops.convert_to_numpy(outputs)


def _select_examples(examples: Examples) -> list[int]:
    order = np.argsort(mean_target(examples.y), kind="stable")
    if np.issubdtype(examples.y.dtype, np.integer):
        classes = np.unique(examples.y)[:MAX_EXAMPLES]
        return [
            int(i) for value in classes for i in np.flatnonzero(examples.y == value)[: MAX_EXAMPLES // len(classes)]
        ]
    return [int(order[i]) for i in np.linspace(0, len(order) - 1, min(MAX_EXAMPLES, len(order))).astype(int)]


def _caption(output: np.ndarray, target: np.ndarray, input_spec: InputSpec) -> str:
    if input_spec.classes:
        return f"{input_spec.classes[int(target)]} → {input_spec.classes[int(output.argmax())]}"
    values = input_spec.in_unit_of_target(np.array([np.mean(target), output.mean()]))
    return f"{values[0]:.3g} → {values[1]:.3g}"
