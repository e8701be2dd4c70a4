"""Every network, as each preset trains it, beside the references: average precision on ten tables, plain.

Four tables are the samples, six are made of known rules. Presets stand for themselves; networks that no preset
names are trained as the strongest preset trains its own. Ranks are per table, 1 the best. A paired test over the
tables (Wilcoxon signed-rank) holds the default against each of the others.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import rankdata, wilcoxon
from sklearn.metrics import average_precision_score

from benchmarks._print import parser, show
from benchmarks._tables import MADE, TARGET
from core.data.samples import SAMPLES, load_sample
from core.data.table import Table
from core.experiment.results import FoldResult
from core.experiment.units import run
from core.networks import networks
from core.networks.presets import DEFAULT_PRESET, NETWORK_PRESETS
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings

REFERENCES = ("logistic", "boosting", "lightgbm")
BOOSTING = ("boosting", "lightgbm")
TODAY, DEFAULT = NETWORK_PRESETS[0].name, DEFAULT_PRESET.name
# A person's own have no build of ours.
_NOT_OURS = ("own", "function")


@dataclass(frozen=True)
class Entry:
    """A network and how it is trained on a table of so many rows."""

    name: str
    network: NetworkChoice
    preset: int

    def training_on(self, rows: int) -> TrainingSettings:
        return NETWORK_PRESETS[self.preset].training_on(rows)


def entries() -> tuple[Entry, ...]:
    """Return the presets, then every other network of the registry under the strongest preset's training."""
    named = tuple(Entry(preset.name, preset.network, i) for i, preset in enumerate(NETWORK_PRESETS))
    used = {entry.network.name for entry in named}
    others = [key for key in networks() if key not in used and key not in _NOT_OURS]
    return (*named, *(Entry(key, NetworkChoice(key), len(NETWORK_PRESETS) - 1) for key in others))


def tables(seed: int, rows: int | None) -> dict[str, tuple[Table, str]]:
    """Return all tables with their targets; made ones have ``rows`` rows at most."""
    found = {sample.key: (load_sample(sample.key), sample.target) for sample in SAMPLES}
    return found | {key: (made.draw(seed, rows), TARGET) for key, made in MADE.items()}


def precision(results: Sequence[FoldResult]) -> float:
    """Return the mean over folds of the average precision; of more than two classes, of each against the rest."""
    values = []
    for result in results:
        assert result.error is None, result.error
        codes = (1,) if result.probabilities.shape[1] == 2 else np.unique(result.y_true)
        values.append([average_precision_score(result.y_true == c, result.probabilities[:, c]) for c in codes])
    return float(np.mean([np.mean(of_fold) for of_fold in values]))


def precisions(table: Table, target: str, chosen: Sequence[Entry], folds: int) -> dict[str, float]:
    """Return each network's and each reference's average precision on a table."""
    plan = Plan(target, (StrategyChoice.of("plain"),), split=SplitSettings(folds))
    rows = round(len(table.frame) * (1 - 1 / folds))
    found = {}
    for entry in chosen:
        own = replace(plan, networks=(entry.network,), training=entry.training_on(rows))
        found[entry.name] = precision(run(table, own))
    # References learn as the default's members do, each stopping on another part.
    strategies = tuple(map(StrategyChoice.of, REFERENCES))
    results = run(table, replace(plan, strategies=strategies, training=NETWORK_PRESETS[-1].training_on(rows)))
    for key in REFERENCES:
        found[key] = precision([result for result in results if result.strategy == key])
    return found


def summary(by_table: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the figures by name: ranks, means, and per table."""
    names = list(next(iter(by_table.values())))
    values = np.array([[row[name] for name in names] for row in by_table.values()])
    ranks, means = rankdata(-values, axis=1).mean(axis=0), values.mean(axis=0)
    figures = {}
    if DEFAULT in names:
        figures |= {"default_rank": ranks[names.index(DEFAULT)], "default_ap": means[names.index(DEFAULT)]}
    if TODAY in names:
        figures["today_ap"] = means[names.index(TODAY)]
    figures["best_boosting_rank"] = min(ranks[names.index(key)] for key in BOOSTING)
    for name, rank, mean in zip(names, ranks, means, strict=True):
        figures |= {f"rank {name}": rank, f"ap {name}": mean}
        if DEFAULT in names and name != DEFAULT:
            gain = values[:, names.index(DEFAULT)] - values[:, names.index(name)]
            figures[f"p {name}"] = wilcoxon(gain).pvalue if gain.any() else 1.0
    figures |= {f"{name} on {key}": row[name] for key, row in by_table.items() for name in names}
    return {name: float(value) for name, value in figures.items()}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--tables", default="", help="names with commas between them; all by default")
    arguments.add_argument("--networks", default="", help="names with commas between them; all by default")
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--rows", type=int, help="rows of a made table at most")
    options = arguments.parse_args()
    everything = tables(0, options.rows)
    named = [name.strip() for name in options.tables.split(",") if name.strip()] or list(everything)
    wanted = {name.strip().lower() for name in options.networks.split(",") if name.strip()}
    chosen = [entry for entry in entries() if not wanted or entry.name.lower() in wanted]
    by_table = {}
    for key in named:
        by_table[key] = precisions(*everything[key], chosen, options.folds)
        if not options.json:
            print(key, ", ".join(f"{name} {value:.3f}" for name, value in by_table[key].items()), flush=True)
    figures = summary(by_table)
    rows = [("", "average precision, mean rank, p of the default's lead")]
    for name in by_table[named[0]]:
        p = figures.get(f"p {name}")
        shown = "" if p is None else f", {p:.3f}"
        rows.append((name, f"{figures[f'ap {name}']:.3f}, {figures[f'rank {name}']:.1f}{shown}"))
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
