"""The figures of the single views: thresholds, calibration, classes and a table's difficulty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.lines import decades, drawing_order
from core.charts.theme import COLOURS, GREY, INK, SCALE, SYMBOLS, strategy_styles, text, themed
from core.data.difficulty import KINDS, Difficulty
from core.evaluation.calibration import Bins, Calibration
from core.words import whole_percent

# From harmless to hopeless; apart for colour-blind readers, and by pattern for all.
_KIND_COLOURS = (COLOURS[2], COLOURS[4], COLOURS[1], COLOURS[3])
_KIND_PATTERNS = ("", "/", "x", ".")
_CELLS_WITH_TEXT = 24
_RARE = 0.05


def threshold_curves(
    keys: Sequence[str],
    names: Mapping[str, str],
    grid: np.ndarray,
    values: np.ndarray,
    title: str,
    at: float | None,
    marks: Mapping[str, tuple[np.ndarray, np.ndarray]],
    named: Collection[str] | None = None,
    front: str | None = None,
) -> go.Figure:
    """Return a figure over the threshold, one line per strategy.

    Where half of the marked points lie below 0.05, as of a rare class, the axis of thresholds is logarithmic.

    Parameters
    ----------
    grid : ndarray, shape (n_thresholds,)
    values : ndarray, shape (n_strategies, n_thresholds)
    at : float or None
        The threshold that is looked at; None where each strategy has its own.
    marks : mapping of str to (thresholds, values)
        Marked points by what they are, each shape (n_strategies,); nan leaves one out.
    named : collection of str or None
        Strategies in colour, marked and in the legend; the others are grey. None names all.
    front : str or None
        The strategy whose line lies above all others.

    See Also
    --------
    core.evaluation.explorer.Explorer : Reads the values.

    Examples
    --------
    >>> keys, names = ["plain", "smote"], {"plain": "Plain network", "smote": "SMOTE"}
    >>> grid, recall = np.array([0.2, 0.5, 0.8]), np.array([[0.9, 0.5, 0.2], [1.0, 1.0, 0.3]])
    >>> figure = threshold_curves(keys, names, grid, recall, "Recall", at=0.5, marks={})
    >>> [(line.name, line.y.tolist()) for line in figure.data]
    [('Plain network', [0.9, 0.5, 0.2]), ('SMOTE', [1.0, 1.0, 0.3])]
    """
    styles, figure = strategy_styles(keys, named), go.Figure()
    stands_out = np.array([named is None or key in named for key in keys])
    marks = {what: (np.where(stands_out, x, np.nan), y) for what, (x, y) in marks.items()}
    for i in drawing_order(keys, named, front):
        key = keys[i]
        look = {"color": styles[key].colour, "dash": styles[key].dash, "width": 2}
        figure.add_scatter(
            x=grid, y=values[i], mode="lines", name=text(names[key]), showlegend=bool(stands_out[i]),
            legendrank=1 + i,
            line=look if stands_out[i] else {"color": GREY, "width": 1}, opacity=1 if stands_out[i] else 0.35,
            hovertemplate=f"{text(names[key])}<br>threshold %{{x:.3g}}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    for (what, (x, y)), symbol in zip(marks.items(), ("circle", "star"), strict=False):
        if np.isnan(x).all():
            continue
        figure.add_scatter(
            x=x, y=y, mode="markers", name=what, text=[text(names[key]) for key in keys], showlegend=False,
            marker={"symbol": symbol, "size": 11, "color": [styles[key].colour for key in keys],
                    "line": {"width": 1.5, "color": GREY}},
            hovertemplate=f"%{{text}}, {what}<br>threshold %{{x:.3g}}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
        _explain(figure, what, symbol, 11)
    if at is not None:
        figure.add_vline(at, line={"dash": "dot", "color": GREY, "width": 2})
    known = np.concatenate([np.asarray(x, float)[np.isfinite(x)] for x, _ in marks.values()] or [np.zeros(0)])
    if len(known) and np.median(known) < _RARE:
        low = max(float(grid[grid > 0].min(initial=1.0)), min(float(known[known > 0].min(initial=1.0)) / 3, 1e-3))
        figure.update_xaxes(title="Threshold (logarithmic)", type="log", **decades(low, 1.0))
    else:
        figure.update_xaxes(title="Threshold", range=[-0.01, 1.01])
    figure.update_yaxes(title=title, rangemode="tozero")
    return themed(figure, 460)


def reliability(
    keys: Sequence[str],
    names: Mapping[str, str],
    chosen: Mapping[str, Bins],
    front: str | None = None,
    named: Collection[str] | None = None,
) -> go.Figure:
    """Return observed shares over mean probabilities with 95% intervals, for some of a comparison's strategies.

    Where most bins lie close to 0, as of a rare class, both axes are logarithmic; bins in which nothing was observed
    have no place on them and are left out.

    Parameters
    ----------
    keys : sequence of str
        All strategies, since their place decides the colours.
    chosen : mapping
        Bins of those to draw.
    front : str or None
        The strategy whose line lies above all others.
    named : collection of str or None
        Strategies that have colours of their own in other figures of the page, and here; None stands for those drawn.

    See Also
    --------
    core.evaluation.calibration.bins : Makes the bins.

    Examples
    --------
    >>> from core.evaluation.calibration import bins
    >>> keys, names = ["plain", "smote"], {"plain": "Plain network", "smote": "SMOTE"}
    >>> half = bins(np.array([False, True, True, True]), np.array([0.2, 0.2, 0.8, 0.8]), n_bins=2)
    >>> line, diagonal = reliability(keys, names, {"smote": half}).data
    >>> line.name, line.x.tolist(), line.y.tolist()
    ('SMOTE', [0.2, 0.8], [0.5, 1.0])
    """
    styles, figure = strategy_styles(keys, named or chosen), go.Figure()
    # The top of the axes: a little above all there is to see.
    top = min(1.0, max([0.02, *(float(max(b.predicted.max(), b.high.max())) for b in chosen.values())])) * 1.03
    middles = np.concatenate([bins.predicted for bins in chosen.values()] or [np.ones(1)])
    rare = 0 < np.median(middles) < _RARE * top
    lowest = top
    order = list(chosen)
    for i in drawing_order(order, None, front):
        key, bins = order[i], chosen[order[i]]
        drawn = (bins.observed > 0) & (bins.predicted > 0) if rare else np.ones(len(bins.observed), bool)
        lowest = min([lowest, *bins.predicted[drawn].tolist(), *bins.observed[drawn].tolist()])
        figure.add_scatter(
            x=bins.predicted, y=np.where(drawn, bins.observed, np.nan), mode="lines+markers", name=text(names[key]),
            customdata=bins.count, legendrank=1 + i,
            line={"color": styles[key].colour, "dash": styles[key].dash, "width": 1.5},
            marker={"symbol": styles[key].symbol, "size": 8},
            error_y={"type": "data", "symmetric": False, "array": np.maximum(bins.high - bins.observed, 0),
                     "arrayminus": np.maximum(bins.observed - bins.low, 0), "thickness": 1.2, "width": 3,
                     "color": GREY},
            hovertemplate=f"{text(names[key])}<br>said %{{x:.2%}}, observed %{{y:.2%}} in %{{customdata:,}} rows"
            "<extra></extra>",
        )  # fmt: skip
    ends = [max(lowest / 2, 1e-9), top] if rare else [0.0, top]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"dash": "dot", "color": GREY}, name="exactly right", hoverinfo="skip"
    )
    for update, title in ((figure.update_xaxes, "Mean probability"), (figure.update_yaxes, "Observed share")):
        if rare:
            update(title=f"{title} (logarithmic)", type="log", **decades(ends[0], top, "%"))
        else:
            update(title=title, range=[-0.02 * top, top], tickformat=".0%" if top > 0.1 else ".1%")
    return themed(figure, 480)


def prior_shift(
    keys: Sequence[str],
    names: Mapping[str, str],
    before: Sequence[Calibration],
    after: Sequence[Calibration | None],
    named: Collection[str] | None = None,
    among: Sequence[str] | None = None,
) -> go.Figure:
    """Return each strategy's mean probability as trained and with prior correction, beside the observed share.

    Parameters
    ----------
    named : collection of str or None
        Strategies in colour; the others are grey. None stands for all.
    among : sequence of str or None
        All strategies of the run, where only some are drawn: these decide the colours.

    See Also
    --------
    core.evaluation.calibration.prior_corrected : Corrects the probabilities.

    Examples
    --------
    >>> from core.evaluation.calibration import calibration
    >>> keys, names = ["plain", "smote"], {"plain": "Plain network", "smote": "SMOTE"}
    >>> truth = np.array([False, False, False, True])
    >>> before, after = (calibration(truth, np.full(4, p)) for p in (0.5, 0.25))
    >>> figure = prior_shift(keys[1:], names, [before], [after])
    >>> [(points.name, list(points.x)) for points in figure.data[1:] if points.showlegend is False]
    [('as trained', [0.5]), ('with prior correction', [0.25])]
    """
    styles, figure = strategy_styles(among or keys, named), go.Figure()
    shown = [text(names[key], 44) for key in keys]
    colours = [styles[key].colour if named is None or key in named else GREY for key in keys]
    for i, (was, now) in enumerate(zip(before, after, strict=True)):
        if now is not None:
            figure.add_scatter(
                x=[was.predicted, now.predicted], y=[shown[i]] * 2, mode="lines", showlegend=False, hoverinfo="skip",
                line={"color": colours[i], "width": 2},
            )  # fmt: skip
    # The disc is small enough to be seen inside of the diamond, where correction changes nothing.
    sides = (
        ("as trained", SYMBOLS[0], 8, list(before)),
        ("with prior correction", f"{SYMBOLS[2]}-open", 15, list(after)),
    )
    for what, symbol, size, points in sides:
        drawn = [(i, point) for i, point in enumerate(points) if point is not None]
        figure.add_scatter(
            x=[point.predicted for _, point in drawn], y=[shown[i] for i, _ in drawn], mode="markers", name=what,
            showlegend=False,
            marker={"symbol": symbol, "size": size, "color": [colours[i] for i, _ in drawn],
                    "line": {"width": 2, "color": [colours[i] for i, _ in drawn]}},
            hovertemplate=f"%{{y}}, {what}: %{{x:.2%}}<extra></extra>", cliponaxis=False,
        )  # fmt: skip
        _explain(figure, what, symbol, size)
    observed = before[0].observed
    figure.add_vline(
        observed, line={"dash": "dot", "color": GREY, "width": 2},
        annotation={"text": f"observed {observed:.1%}", "font_size": 11, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(
        title="Mean probability",
        rangemode="tozero",
        tickformat=".0%" if max(point.predicted for point in before) > 0.1 else ".1%",
    )
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=shown[::-1], range=[-0.6, len(shown) - 0.4]
    )
    return _legend_below(themed(figure, 150 + 28 * len(shown)))


def class_heat(
    keys: Sequence[str], names: Mapping[str, str], labels: Sequence[str], scores: np.ndarray, what: str
) -> go.Figure:
    """Return a score of every class under every strategy as a heat map.

    Parameters
    ----------
    scores : ndarray, shape (n_strategies, n_classes)
        In [0, 1].

    See Also
    --------
    core.evaluation.classes.class_scores : Makes the scores.

    Examples
    --------
    >>> keys, names = ["plain", "smote"], {"plain": "Plain network", "smote": "SMOTE"}
    >>> recall = np.array([[0.95, 0.5], [0.85, 1.0]])
    >>> class_heat(keys, names, ["no", "yes"], recall, "Recall").data[0].customdata[1]
    ['SMOTE, class no', 'SMOTE, class yes']
    """
    classes, shown = [text(label, 16) for label in labels], [text(names[key], 44) for key in keys]
    figure = go.Figure(
        go.Heatmap(
            z=scores, x=np.arange(len(classes)), y=np.arange(len(shown)), zmin=0, zmax=1, colorscale=SCALE,
            xgap=2, ygap=2, texttemplate="%{z:.2f}" if len(classes) <= _CELLS_WITH_TEXT else None,
            textfont={"color": INK, "size": 13 if len(classes) <= 8 else 11}, hoverongaps=False,
            customdata=[[f"{name}, class {label}" for label in classes] for name in shown],
            hovertemplate=f"%{{customdata}}<br>{what} %{{z:.3f}}<extra></extra>",
            showscale=len(classes) > _CELLS_WITH_TEXT,
            colorbar={"thickness": 10, "title": {"text": what, "side": "right"}},
        )
    )  # fmt: skip
    # Places, not names, are the axes: two names may be cut to the same text.
    figure.update_xaxes(
        tickvals=np.arange(len(classes)), ticktext=classes, side="top", showgrid=False,
        tickangle=-60 if len(classes) > 8 else None,
    )  # fmt: skip
    figure.update_yaxes(tickvals=np.arange(len(shown)), ticktext=shown, autorange="reversed", showgrid=False)
    return themed(figure, 110 + 34 * len(shown), legend=False).update_layout(margin_t=60)


def error_flow(labels: Sequence[str], share: np.ndarray, counts: np.ndarray) -> go.Figure:
    """Return where the rows of each class go: the share of each true class called each class.

    Parameters
    ----------
    share, counts : ndarray, shape (n_classes, n_classes)
        Truth down, decision across.

    See Also
    --------
    core.evaluation.classes.error_flow : Makes the shares.

    Examples
    --------
    >>> from core.evaluation import classes
    >>> confusion = np.array([[17, 1], [3, 3]])
    >>> error_flow(["no", "yes"], classes.error_flow(confusion), confusion).data[0].text
    (['94%', '6%'], ['50%', '50%'])
    """
    classes, n = [text(label, 16) for label in labels], len(labels)
    cells = [
        [text(whole_percent(part)) if count else "" for part, count in zip(*pair, strict=True)]
        for pair in zip(share, counts, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=share, x=np.arange(n), y=np.arange(n), zmin=0, zmax=1, colorscale=SCALE, xgap=2, ygap=2,
            customdata=counts, text=cells if n <= _CELLS_WITH_TEXT else None,
            texttemplate="%{text}" if n <= _CELLS_WITH_TEXT else None,
            textfont={"color": INK, "size": 13 if n <= 8 else 11},
            hovertemplate="%{customdata:,} rows, %{z:.1%} of the true class<extra></extra>",
            showscale=n > _CELLS_WITH_TEXT,
            colorbar={"thickness": 10, "tickformat": ".0%",
                      "title": {"text": "Share of the true class", "side": "right"}},
        )
    )  # fmt: skip
    figure.update_xaxes(title="Decision", tickvals=np.arange(n), ticktext=classes, showgrid=False)
    figure.update_yaxes(title="Truth", tickvals=np.arange(n), ticktext=classes, autorange="reversed", showgrid=False)
    return themed(figure, max(300, 130 + 40 * n), legend=False)


def row_kinds(difficulty: Difficulty) -> go.Figure:
    """Return the share of safe, borderline, rare and outlying rows of each class.

    See Also
    --------
    core.data.difficulty.difficulty : Looks at the rows.

    Examples
    --------
    >>> from core.data.difficulty import difficulty
    >>> from core.evaluation.sample import sample_run
    >>> figure = row_kinds(difficulty(sample_run().problem))
    >>> [(bar.name, [round(float(share), 2) for share in bar.x]) for bar in figure.data][:2]
    [('safe', [0.61, 0.0]), ('borderline', [0.39, 0.0])]
    """
    labels = [text(label, 20) for label in difficulty.labels]
    figure = go.Figure()
    for i, kind in enumerate(KINDS):
        share = difficulty.kinds[:, i]
        figure.add_bar(
            x=share, y=np.arange(len(labels)), orientation="h", name=kind, customdata=labels,
            marker={"color": _KIND_COLOURS[i],
                    "pattern": {"shape": _KIND_PATTERNS[i], "solidity": 0.15, "fillmode": "overlay"}},
            text=[f"{part:.0%}" if part >= 0.06 else "" for part in share], textposition="inside",
            insidetextanchor="middle", textangle=0,
            hovertemplate=f"%{{customdata}}: %{{x:.1%}} {kind}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickvals=np.arange(len(labels)), ticktext=labels, autorange="reversed", showgrid=False)
    figure.update_layout(legend_traceorder="normal")
    return _legend_below(themed(figure, 130 + 40 * len(labels)))


def _explain(figure: go.Figure, what: str, symbol: str, size: int) -> None:
    """Explain a symbol that many strategies wear: in grey, as their colours would seem to be one strategy's."""
    figure.add_scatter(
        x=[None], y=[None], mode="markers", name=what, hoverinfo="skip",
        marker={"symbol": symbol, "size": size, "color": GREY, "line": {"width": 2, "color": GREY}},
    )  # fmt: skip


def _legend_below(figure: go.Figure) -> go.Figure:
    """Keep the legend clear of the axis in a figure whose height follows from what it shows."""
    return figure.update_layout(margin_b=84, legend={"yref": "container", "yanchor": "bottom", "y": 0})
