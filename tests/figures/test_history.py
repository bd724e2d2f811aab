"""Learning curves."""

import numpy as np
import pandas as pd
import pytest

from sakon.figures.history import MAX_EPOCHS_WITH_MARKERS, learning_curves


@pytest.fixture
def epochs():
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "loss": [3.0, 2.0, 1.0],
            "accuracy": [0.1, 0.2, 0.3],
            "val_loss": [3.5, 2.5, 2.6],
            "learning_rate": [1e-3] * 3,
            "val_only": [1.0, 2.0, 4.0],
        }
    )


def test_one_panel_per_metric_with_train_and_validation(epochs):
    figure = learning_curves(epochs, "mlp", 2)
    drawn = {(trace.name, trace.xaxis): list(trace.y) for trace in figure.data}
    assert drawn == {
        ("train", "x"): [3.0, 2.0, 1.0],
        ("validation", "x"): [3.5, 2.5, 2.6],
        ("train", "x2"): [0.1, 0.2, 0.3],
        ("train", "x3"): [1e-3] * 3,
        ("validation", "x4"): [1.0, 2.0, 4.0],
    }
    assert [note.text for note in figure.layout.annotations] == ["Loss", "Accuracy", "Learning rate", "Only"]
    assert all(list(trace.x) == [1, 2, 3] for trace in figure.data)


def test_best_epoch_is_marked_in_every_panel(epochs):
    figure = learning_curves(epochs, "mlp", 2)
    assert [(line.x0, line.x1, line.xref) for line in figure.layout.shapes] == [
        (2, 2, axis) for axis in ("x", "x2", "x3", "x4")
    ]
    assert "best epoch (2)" in figure.layout.title.text
    assert not learning_curves(epochs, "mlp", 0).layout.shapes


def test_legend_lists_train_and_validation_once(epochs):
    figure = learning_curves(epochs, "mlp", 2)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["train", "validation"]


def test_axis_of_a_constant_is_near_the_constant(epochs):
    figure = learning_curves(epochs, "mlp", 2)
    assert figure.layout.yaxis3.range == pytest.approx((0.5e-3, 1.5e-3))
    assert figure.layout.yaxis.range is None


def test_few_epochs_have_markers_and_many_do_not():
    one = learning_curves(pd.DataFrame({"epoch": [1], "loss": [2.0]}), "gan", 1)
    assert one.data[0].mode == "lines+markers"
    many = np.arange(1, MAX_EPOCHS_WITH_MARKERS + 2)
    assert learning_curves(pd.DataFrame({"epoch": many, "loss": 1 / many}), "gan", 1).data[0].mode == "lines"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "history", [pd.DataFrame(), pd.DataFrame({"epoch": [], "loss": []}), pd.DataFrame({"epoch": [1, 2]})]
)
def test_without_epochs_the_figure_states_it(history):
    figure = learning_curves(history, "cnn", 0)
    assert [note.text for note in figure.layout.annotations] == ["No epoch of cnn has been recorded yet."]


@pytest.mark.filterwarnings("error")
def test_nan_losses_are_drawn_without_a_warning():
    history = pd.DataFrame({"epoch": [1, 2], "loss": [np.nan, np.nan], "accuracy": [0.5, np.nan]})
    assert len(learning_curves(history, "rnn", 0).data) == 2
