"""Grouped bars of a comparison's metrics: with deviations over folds, or with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import GREY, strategy_styles, text, themed
from core.evaluation.comparison import Comparison, StrategySummary
from core.evaluation.intervals import Intervals
from core.evaluation.metrics import METRIC_NAMES


def metric_bars(comparison: Comparison, names: Mapping[str, str], metrics: Sequence[str]) -> go.Figure:
    """Return grouped bars, one group per metric, one bar per strategy, with standard deviations over folds.

    See Also
    --------
    interval_bars : The same with intervals.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> figure = metric_bars(run.comparison, run.names, ["precision", "recall"])
    >>> [(bar.name, [round(height, 2) for height in bar.y]) for bar in figure.data]
    [('Plain network', [0.83, 0.5]), ('SMOTE', [0.72, 1.0])]
    """

    def bar(summary: StrategySummary) -> dict[str, object]:
        mean, std = summary.mean, summary.std
        return {
            "y": [mean[metric] for metric in metrics],
            "error_y": {"array": [float(np.nan_to_num(std[metric])) for metric in metrics]},
        }

    return _grouped(comparison, names, metrics, bar, "%{y:.3f} ± %{error_y.array:.3f}", "Mean over folds")


def interval_bars(
    comparison: Comparison, names: Mapping[str, str], metrics: Sequence[str], shown: Intervals
) -> go.Figure:
    """Return grouped bars, one group per metric, one bar per strategy, with the intervals as whiskers.

    See Also
    --------
    metric_bars : The same with standard deviations.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.intervals import by_folds
    >>> run = sample_run()
    >>> figure = interval_bars(run.comparison, run.names, ["accuracy"], by_folds(run.comparison, run.plan))
    >>> [(bar.name, bar.customdata[0]) for bar in figure.data]
    [('Plain network', '0.550 to 1.000'), ('SMOTE', '0.384 to 1.000')]
    """

    def bar(summary: StrategySummary) -> dict[str, object]:
        spans = [shown.of(summary.key, metric) for metric in metrics]
        up, down = [span.high - span.value for span in spans], [span.value - span.low for span in spans]
        return {
            "y": [span.value for span in spans],
            "customdata": [
                f"{span.low:.3f} to {span.high:.3f}" if np.isfinite(span.low) else "no interval" for span in spans
            ],
            "error_y": {
                "symmetric": False,
                "array": np.nan_to_num(up).tolist(),
                "arrayminus": np.nan_to_num(down).tolist(),
            },
        }

    return _grouped(comparison, names, metrics, bar, "%{y:.3f} (%{customdata})", f"Value, {shown.name}")


def _grouped(
    comparison: Comparison,
    names: Mapping[str, str],
    metrics: Sequence[str],
    bar: Callable[[StrategySummary], dict[str, object]],
    hover: str,
    title: str,
) -> go.Figure:
    """Return one group per metric; ``bar`` gives a strategy's heights and whiskers."""
    styles = strategy_styles([s.key for s in comparison.strategies])
    figure = go.Figure()
    for s in comparison.strategies:
        style = styles[s.key]
        figure.add_bar(
            x=[METRIC_NAMES[metric] for metric in metrics],
            name=text(names[s.key]),
            marker={"color": style.colour, "pattern": {"shape": style.pattern, "solidity": 0.2, "fillmode": "overlay"}},
            hovertemplate=f"{text(names[s.key])}<br>%{{x}}: {hover}<extra></extra>",
            **bar(s),
        )
    figure.update_traces(error_y={"type": "data", "thickness": 1.5, "color": GREY})
    figure.update_layout(barmode="group", bargap=0.2)
    figure.update_yaxes(rangemode="tozero", title=title)
    return themed(figure, 440)
