"""A run as one HTML file: it opens without a network and prints to a PDF.

Everything is inside the file, Plotly once. A content security policy forbids every request, so that
nothing that a table's names might smuggle in could load or send anything; all text is escaped besides.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from plotly.offline import get_plotlyjs

from core.charts import figures as charts
from core.charts.bars import interval_bars
from core.data.profile import Profile
from core.data.splitting import gap_in_words
from core.evaluation.checks import Finding
from core.evaluation.intervals import Intervals, intervals
from core.evaluation.metrics import metric_of
from core.evaluation.recommendation import Recommendation
from core.evaluation.settled import judged_by
from core.evaluation.tuned import tuned_strategies
from core.evaluation.verdict import Assessment, assess
from core.networks.reading import network_label
from core.reporting._html import bullets, escaped, scrolled, worded
from core.reporting.asked import asked
from core.reporting.display import BARS, Drawing, Grid, drawings, figure_html, html_table
from core.reporting.first_page import first_page
from core.reporting.questions import Answer
from core.reporting.results import Results
from core.reporting.tuned import tuned_grid
from core.strategies import choices_of, label, parts_of
from core.versions import versions

_DECISIONS = ("precision", "recall", "f1", "balanced_accuracy", "mcc", "g_mean")
_PROBABILITIES = ("average_precision", "roc_auc", "brier", "log_loss", "precision_at_k", "recall_at_k")
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
# Pixels that an A4 or letter page has for a figure, beside its heading and caption.
_PAGE = 820
# Rows of an answer's table.
_ROWS = 15
_METHODS = (
    (
        "Folds",
        "Rows are split into stratified folds. Imputing, scaling, encoding and balancing are fitted on training rows "
        "alone. Early stopping and decision rules use validation rows that no sampler touched. Every strategy sees the "
        "same folds, starts from the same weights and trains for the same number of steps.",
        (),
    ),
    (
        "Intervals and tests",
        "Intervals and paired tests are corrected for the training rows that folds share, and for the number of "
        "questions asked. Clear means that the corrected p is below 0.05.",
        (
            ("Nadeau and Bengio (2003)", "https://doi.org/10.1023/A:1024068626366"),
            ("Bouckaert and Frank (2004)", "https://doi.org/10.1007/978-3-540-24775-3_3"),
            ("Holm (1979)", "https://www.jstor.org/stable/4615733"),
        ),
    ),
    (
        "Metrics",
        "Precision, recall and F1 judge decisions, average precision and ROC AUC the ranking alone, the Brier score "
        "and the log loss the probabilities. For more than two classes they are means over classes.",
        (("Saito and Rehmsmeier (2015)", "https://doi.org/10.1371/journal.pone.0118432"),),
    ),
)


def report(
    results: Results,
    title: str | None = None,
    made_with: Sequence[tuple[str, str]] = (),
    answers: Sequence[Answer] | None = None,
) -> str:
    """Return the report as the text of an HTML file.

    Parameters
    ----------
    results : Results
    title : str or None
        What stands on top; the table's name by default.
    made_with : sequence of (name, version)
        Of the run; this machine's by default.
    answers : sequence of Answer or None
        What was asked of the run; by default what :func:`core.reporting.asked.asked` asks of every run.

    See Also
    --------
    core.reporting.writers.write_results : Writes it beside the figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> page = report(results, "Frauds among people")
    >>> page.startswith("<!DOCTYPE html>"), page.count("Frauds among people"), "Best on F1: SMOTE" in page
    (True, 2, True)
    """
    comparison = results.comparison
    profile = results.profile
    heading = title or results.table.name
    pieces = [_header(results, heading)]
    shown = intervals(comparison, results.plan)
    if comparison.strategies:
        metric = judged_by(comparison)
        answers = asked(results) if answers is None else answers
        pieces.append(first_page(results, shown, answers))
        pieces.append(_why(results.advice, assess(results.decided, results.plan, metric, shown), results.findings))
    pieces.append(_data(results, profile))
    if comparison.strategies:
        pieces += [
            _tables(results, shown),
            *(_figure(drawing, f"figure-{at}") for at, drawing in enumerate(_drawings(results, shown))),
            *(_answer(answer, place) for place, answer in enumerate(answers or ())),
        ]
    pieces += [
        _failed(results),
        _notes(results),
        _tuned(results),
        _plan(results, tuple(made_with) or tuple(versions().items())),
        _methods(results),
    ]
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<meta http-equiv='Content-Security-Policy' content=\"{_POLICY}\">"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escaped(heading)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body><main>{''.join(pieces)}</main></body></html>\n"
    )


def _header(results: Results, heading: str) -> str:
    plan = results.plan
    positive = f", positive class {escaped(results.target.labels[1])}" if len(results.target.labels) == 2 else ""
    return (
        f"<header><h1>{escaped(heading)}</h1>"
        f"<p>{escaped(results.table.name)}, target {escaped(plan.target)}{positive} · "
        f"{plan.in_words} · "
        f"{datetime.now(UTC):%d %B %Y}</p></header>"
    )


def _data(results: Results, profile: Profile) -> str:
    columns = [column for column in results.table.columns if column.name != results.plan.target]
    kinds = {kind: sum(column.kind == kind for column in columns) for kind in dict.fromkeys(c.kind for c in columns)}
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    rows = tuple(
        (name, f"{count:,}", f"{share:.1%}")
        for name, count, share in zip(profile.labels, profile.counts, profile.shares, strict=True)
    )
    return (
        f"<section><h2>Data</h2><p>{len(results.table.frame):,} rows, {len(columns)} columns beside the target "
        f"({counts}). {worded(profile.sentence)}</p>"
        + scrolled(html_table(Grid(("Class", "Rows", "Share"), rows, frozenset())))
        + bullets(results.notes)
        + "</section>"
    )


def _why(advice: Recommendation | None, assessment: Assessment, findings: Sequence[Finding]) -> str:
    """Return why the recommended strategy is, and the tests behind it."""
    if advice is None:
        return ""
    looks = f"<h3>Worth a look</h3>{bullets(finding.line for finding in findings)}" if findings else ""
    tests = bullets(sentence.text for sentence in assessment.sentences if sentence.kind != "caution")
    return (
        f"<section><h2>Why</h2>{bullets(advice.why)}{looks}<h3>The tests behind it</h3>{tests}"
        f"<p class='small'>Ranked by {escaped(metric_of(assessment.metric).name)}.</p>"
        f"{bullets(assessment.intervals.notes)}</section>"
    )


def _tables(results: Results, shown: Intervals) -> str:
    comparison, names = results.lines
    names, folds = comparison.marked(names), comparison.folds_in_words()
    mark = f" {escaped(comparison.mark_in_words)}" if comparison.mark_in_words else ""

    def grid(metrics: Sequence[str], *, seconds: bool) -> Grid:
        rows, best = [], set()
        for r, s in enumerate(comparison.strategies):
            cells = [names[s.key]]
            for c, metric in enumerate(metrics, 1):
                value = shown.of(s.key, metric)
                spread = "" if np.isnan(value.low) else f"\n{value.low:.3f} to {value.high:.3f}"
                cells.append("–" if np.isnan(value.value) else f"{value.value:.3f}{spread}")
                if s.key in comparison.best(metric):
                    best.add((r, c))
            rows.append((*cells, f"{s.seconds:.2f} s") if seconds else tuple(cells))
        tail = ("Training",) * seconds
        return Grid(("Strategy", *(metric_of(m).name for m in metrics), *tail), tuple(rows), frozenset(best))

    costs = () if comparison.cost is None else (comparison.cost.key,)
    beside = results.stakes.beside_metrics
    notes = (*comparison.notes, *((beside,) if beside else ()))
    return (
        f"<section><h2>Metrics</h2><p class='small'>Value and {escaped(shown.name)}, {folds}; "
        f"bold marks the best mean. Training is the mean of a fold.{mark}</p>{bullets(notes)}"
        f"<h3>Decisions</h3>{scrolled(html_table(grid((*_DECISIONS, *costs), seconds=False)))}"
        f"<h3>Ranking and probabilities</h3>{scrolled(html_table(grid(_PROBABILITIES, seconds=True)))}</section>"
    )


def _drawings(results: Results, shown: Intervals) -> tuple[Drawing, ...]:
    comparison, names = results.lines
    names = comparison.marked(names)
    profile = results.profile
    classes = Drawing("Classes", "Rows of each class.", charts.class_distribution(profile.labels, profile.counts))
    bars = Drawing(
        "Metrics of each strategy", f"Value and {shown.name}.", interval_bars(comparison, names, BARS, shown)
    )
    return (classes, bars, *drawings(comparison, names)[1:])


def _answer(answer: Answer, place: int) -> str:
    most = f"<p class='small'>The first {_ROWS} of {len(answer.table):,} rows.</p>" if len(answer.table) > _ROWS else ""
    table = scrolled(html_table(answer.grid(_ROWS))) + most if len(answer.table) else ""
    notes = "".join(f"<p class='small'>{worded(note)}</p>" for note in answer.notes)
    figures = "".join(_figure(drawing, f"answer-{place}-{at}") for at, drawing in enumerate(answer.drawings))
    return f"<section><h2>{escaped(answer.title)}</h2>{bullets(answer.sentences)}{table}{notes}</section>{figures}"


def _figure(drawing: Drawing, place: str) -> str:
    # The page is white whatever the reader's theme, as it is on paper.
    drawing.figure.update_layout(font_color="#14211F")
    height = int(drawing.figure.layout.height or 440)
    # What is a little taller than a printed page is made to fit on one; what is much taller goes over several.
    fit = min(1.0, _PAGE / height)
    fit = fit if fit >= 0.5 else 1.0
    return (
        f"<figure style='min-height:{height}px;--fit:{fit:.2f}'><h2>{escaped(drawing.title)}</h2>"
        f"{figure_html(drawing.figure, place)}<figcaption>{escaped(drawing.caption)}</figcaption></figure>"
    )


def _failed(results: Results) -> str:
    comparison = results.comparison
    if not comparison.failed:
        return ""
    items = "".join(
        f"<li><strong>{escaped(results.names[key])}</strong>: {worded(why)}</li>" for key, why in comparison.failed
    )
    return f"<section><h2>Without a result</h2><ul>{items}</ul></section>"


def _notes(results: Results) -> str:
    comparison = results.comparison
    changed = [(results.names[s.key], note) for s in comparison.strategies for note in (*s.notes, *s.errors)]
    if not changed:
        return ""
    items = "".join(f"<li><strong>{escaped(name)}</strong>: {worded(note)}</li>" for name, note in changed)
    return f"<section><h2>What had to change</h2><ul>{items}</ul></section>"


def _tuned(results: Results) -> str:
    tuned = tuned_strategies(results.folds)
    if not tuned:
        return ""
    parts = "".join(
        f"<h3>{escaped(results.names[one.key])}</h3><p>{escaped(one.in_words)}</p>{scrolled(html_table(tuned_grid(one)))}"
        for one in tuned
    )
    return (
        f"<section><h2>Chosen settings</h2><p class='small'>{results.plan.tuning.trials} settings of each strategy "
        f"were tried in every fold, on validation rows alone.</p>{parts}</section>"
    )


def _plan(results: Results, made_with: Sequence[tuple[str, str]]) -> str:
    plan, network, split = results.plan, results.plan.training, results.plan.split
    rows = [
        ("Network" if len(plan.networks) == 1 else "Networks", ", ".join(map(network_label, plan.networks))),
        ("Learning rate", f"{network.learning_rate:g}"),
        ("Batch size", f"{network.batch_size}"),
        ("Epochs, at most", f"{network.epochs}"),
        ("Early stopping", f"after {network.patience} epochs" if network.patience else "off"),
        ("Validation share", f"{network.validation_split:g}"),
        *([("Tuning", f"{plan.tuning.trials} settings of each strategy")] if plan.tuning.on else []),
        ("Folds × repeats", f"{split.folds} × {split.repeats}"),
        ("Seed", f"{split.seed}"),
        *([("Group by", split.group)] if split.group else []),
        *([("Split by time", split.time)] if split.time else []),
        *([("Gap", gap_in_words(results.problem))] if split.gap else []),
        *([("Split by, not a feature", ", ".join(sorted(split.no_features)))] if split.no_features else []),
        ("Table's digest", results.table.digest),
        ("Versions", ", ".join(f"{name} {number}" for name, number in made_with)),
    ]
    return (
        f"<section><h2>Plan</h2>{scrolled(html_table(Grid(('Setting', 'Value'), tuple(rows), frozenset())))}</section>"
    )


def _methods(results: Results) -> str:
    strategies = "".join(
        f"<dt>{escaped(label(choice))}</dt><dd>"
        + " ".join(
            f"{escaped(part.card.sentence)} {_link(part.card.paper, part.card.link)}." for part in parts_of(choice)
        )
        + "</dd>"
        for choice in choices_of(results.plan)
    )
    methods = "".join(
        f"<dt>{escaped(name)}</dt>"
        f"<dd>{escaped(text)} {'; '.join(_link(*paper) for paper in papers)}{'.' if papers else ''}</dd>"
        for name, text, papers in _METHODS
    )
    return (
        f"<section><h2>Strategies</h2><dl>{strategies}</dl></section>"
        f"<section><h2>Method</h2><dl>{methods}</dl></section>"
    )


def _link(name: str, address: str) -> str:
    return f"<a href='{html.escape(address)}' rel='noreferrer'>{escaped(name)}</a>"


_STYLE = """
@page{size:A4;margin:16mm}
:root{color-scheme:light}
body{margin:0;background:#fff;color:#14211f;font:15px/1.55 system-ui,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:44rem;margin:0 auto;padding:2rem 1rem 4rem}
header{border-bottom:3px solid #0b6b62;margin-bottom:1.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.2rem 0 .5rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p,li,dd{overflow-wrap:anywhere}
.small,figcaption{font-size:.85rem;color:#4a5a57}
.verdict{background:#f1f5f4;border-left:4px solid #0b6b62;padding:.1rem 1.2rem .6rem;margin-top:1.5rem}
.verdict h2{margin-top:1rem}
.minute table{background:transparent}
/* A table may be wider than the text: no column hides behind a scrollbar where the window has room for it. */
.scroll{overflow-x:auto;width:fit-content;min-width:100%;max-width:calc(100vw - 2rem);
  position:relative;left:50%;transform:translateX(-50%)}
@media (max-width:46rem){.scroll{max-width:100%}}
table{border-collapse:collapse;width:100%;font-size:.76rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .5rem;border-bottom:1px solid #c9d4d2;text-align:right;vertical-align:top}
td{white-space:nowrap}
table.wide :is(th,td){padding:.3rem .25rem}
table.wide{font-size:.7rem}
td:only-of-type{white-space:normal;overflow-wrap:anywhere}
th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere;min-width:7rem}
thead th{border-bottom:2px solid #0b6b62}
tbody th{font-weight:500}
figure{margin:2rem 0;overflow-x:auto}
figure>div{min-width:34rem}
dt{font-weight:600;margin-top:.7rem}
dd{margin:0}
a{color:#0b6b62}
code{background:#f1f5f4;padding:0 .2em;border-radius:3px}
@media print{
main{max-width:none;padding:0}
.scroll{overflow:visible;width:auto;max-width:none;position:static;transform:none}
td{white-space:normal}
table.wide{font-size:.52rem}
table.wide :is(th,td){white-space:normal;overflow-wrap:anywhere;padding:.2rem .15rem;min-width:0}
table{font-size:.66rem}
th,td{padding:.2rem .3rem}
h2,h3,dt,h2+.small{break-after:avoid}
.minute{break-after:page}
figure{min-height:0!important}
figure>div{min-width:0;zoom:var(--fit)}
figure,tr,.verdict,dt,dd,li{break-inside:avoid}
thead{display:table-header-group}
.modebar{display:none!important}
}
"""
