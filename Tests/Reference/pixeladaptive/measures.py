"""Losses and metrics: docs/mathematics.md#losses-and-metrics."""
import numpy as np


def rmse(prediction, target):
    """Root mean square error of each image, summed over channels, then the mean over the batch."""
    return (prediction - target).pow(2).mean((2, 3)).sum(1).sqrt().mean()


def end_point_error(prediction, target, unknown=1e7):
    """Mean length of the difference of flow vectors; pixels without a known vector count 0."""
    known = (target.abs() <= unknown).all(1)
    squares = ((prediction - target) * known.unsqueeze(1)).pow(2).sum(1)
    return squares.sqrt().mean()


def confusion_matrix(truth, prediction, classes, ignored=255):
    """counts[t, p]: pixels of class t taken for p; those of class `ignored` do not count."""
    counted = truth != ignored
    pairs = classes * truth[counted] + prediction[counted]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def segmentation_metrics(confusion):
    """miou, acc and macc of a confusion matrix."""
    right, truth, predicted = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    union = truth + predicted - right
    occurs, is_true = union > 0, truth > 0
    return {
        "miou": np.mean(right[occurs] / union[occurs]),
        "acc": right.sum() / confusion.sum(),
        "macc": np.mean(right[is_true] / truth[is_true]),
    }
