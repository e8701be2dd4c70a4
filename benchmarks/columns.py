"""What columns of text, moments, many levels and heavy tails are worth to the plain network, beside boosting.

On four made tables, the average precision of the plain network as the app trains it, the mean over three folds, beside
scikit-learn's HistGradientBoostingClassifier, as it comes, on what skrub's TableVectorizer makes of the same training
rows. In each table, the log odds of the rare class are a smooth formula of what the table is about:

- messages: 6,000 texts of words drawn one by one from a few topics, in no order, one in ten misspelt; linear in the
  share of two of the seven topics.
- transactions: 40,000 card payments; a cosine of the hour plus an effect of each of 5,000 merchants; amounts are noise.
- amounts: 8,000 rows of four log-normal amounts; the difference of two logarithms plus the product of two others.
- patients: 900 patients with 3 to 11 visits each, kept together; four values, two of them logarithms, and a product of
  two of the patient's own means.

Such formulas suit a network, and two of the tables were changed after first results on them were seen: what comes out
says whether the network can use such columns, not who leads on tables that somebody collected.

With ``--former FOLDER``, a checkout of an earlier version (``git worktree add FOLDER COMMIT``), the plain network of
that version on the same tables, and how long its preparation of 284,807 rows of 30 numbers takes beside this one's, in
turn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

from benchmarks._print import parser, show

FOLDS, RUNS = 3, 3
# Both run in any version: what they use of the app is as old as its first release.
NETWORK = """
import json, sys
import numpy as np
from sklearn.metrics import average_precision_score
from core.data.table import read_table
from core.experiment.units import run
from core.plan import Plan, SplitSettings, StrategyChoice
from core.words import TableError

path, group, folds = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])
table = read_table(path)
plan = Plan("rare", (StrategyChoice.of("plain"),), "yes", split=SplitSettings(folds=folds, group=group))
try:
    results = run(table, plan)
except TableError:  # no column is left to learn from
    values = [float((table.frame["rare"].astype(str).isin(["yes", "True"])).mean())]
else:
    values = [average_precision_score(one.y_true, one.probabilities[:, 1]) for one in results]
print(json.dumps(float(np.mean(values))))
"""
SECONDS = """
import json, time
import numpy as np, pandas as pd
from core.data.columns import Column
from core.data.preparation import Preparation

rows, columns = 284_807, 30
rng = np.random.default_rng(0)
makers = [rng.standard_normal, lambda n: rng.standard_t(3, n), lambda n: rng.lognormal(0, 2, n)]
frame = pd.DataFrame({f"x{at}": makers[at % 3](rows) for at in range(columns)})
described = [Column(name, "numeric", 0, rows) for name in frame]
taken = []
for _ in range(3):
    began = time.perf_counter()
    Preparation.fit(frame, described).transform(frame)
    taken.append(time.perf_counter() - began)
print(json.dumps(min(taken)))
"""


@dataclass(frozen=True)
class Made:
    """A made table; its target is called "rare", its rare class "yes"."""

    name: str
    make: Callable[[np.random.Generator], pd.DataFrame]
    group: str | None = None


def messages(rng: np.random.Generator, n: int = 6_000) -> pd.DataFrame:
    """Return messages to a shop, each on a few topics, with one word in ten misspelt.

    The more a message is on theft or danger, the likelier it is urgent.
    """
    words = {topic: " ".join(phrases).lower().split() for topic, phrases in _TOPICS.items()}
    shares = rng.dirichlet(np.full(len(words), 0.25), n)
    urgent = shares[:, list(words).index("theft")] + shares[:, list(words).index("danger")]
    rare = rng.random(n) < _odds(-8.5 + 11 * urgent)
    texts = []
    for own in shares:
        topics = rng.choice(list(words), rng.integers(8, 25), p=own)
        said = [str(rng.choice(words[topic])) for topic in topics]
        said = [_misspelt(word, rng) if rng.random() < 0.1 else word for word in said]
        texts.append(" ".join(said).capitalize() + ".")
    return _labelled(pd.DataFrame({"message": texts}), rare)


def _misspelt(word: str, rng: np.random.Generator) -> str:
    """Return a word with two letters in the wrong order, or one left out."""
    at = int(rng.integers(0, max(1, len(word) - 1)))
    return word[:at] + (word[at + 1 : at + 2] + word[at] if rng.random() < 0.5 else "") + word[at + 2 :]


def transactions(rng: np.random.Generator, n: int = 40_000) -> pd.DataFrame:
    """Return card payments: fraud depends on the hour, and on the merchant, of which there are 5,000."""
    risk = rng.normal(0, 1.5, 5_000)
    shares = rng.pareto(1.5, 5_000) + 0.2
    merchant = rng.choice(5_000, n, p=shares / shares.sum())
    moment = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 180 * 86_400, n), "s")
    hour = moment.hour.to_numpy() + moment.minute.to_numpy() / 60
    night = np.cos((hour - 2.5) / 24 * 2 * np.pi)
    rare = rng.random(n) < _odds(-5.2 + 1.8 * night + risk[merchant])
    frame = pd.DataFrame(
        {
            "paid": moment.strftime("%Y-%m-%d %H:%M:%S"),
            "merchant": [f"M{at:05d}x" for at in merchant],
            "amount": rng.lognormal(3.5, 1.2, n).round(2),
        }
    )
    return _labelled(frame, rare)


def amounts(rng: np.random.Generator, n: int = 8_000) -> pd.DataFrame:
    """Return log-normal amounts whose ratios matter."""
    sizes = rng.lognormal(0, [1.65, 2.0, 2.5, 1.65], (n, 4))
    logs = np.log(sizes) / [1.65, 2.0, 2.5, 1.65]
    rare = rng.random(n) < _odds(-4.5 + 1.2 * (logs[:, 0] - logs[:, 1]) + 0.9 * logs[:, 2] * logs[:, 3])
    return _labelled(pd.DataFrame(sizes * 100, columns=["income", "debt", "turnover", "stock"]).round(2), rare)


def patients(rng: np.random.Generator, n: int = 900) -> pd.DataFrame:
    """Return visits of patients, several of each, whose values hang together; rows of a patient stay together."""
    visits = rng.integers(3, 12, n)
    who = np.repeat(np.arange(n), visits)
    own = rng.normal(size=(n, 4))[who]
    here = 0.7 * own + 0.7 * rng.normal(size=own.shape)
    rare = rng.random(len(who)) < _odds(-4.2 + here @ [0.9, 0.8, -0.7, 0.6] + 0.5 * own[:, 0] * own[:, 1])
    frame = pd.DataFrame(
        {
            "patient": [f"P{at:05d}" for at in who],
            "crp": np.exp(1.5 * here[:, 0]).round(3),
            "ferritin": np.exp(5 + 1.2 * here[:, 1]).round(1),
            "albumin": (40 + 4 * here[:, 2]).round(1),
            "pulse": (75 + 12 * here[:, 3]).round(),
        }
    )
    return _labelled(frame, rare)


TABLES = (
    Made("messages", messages),
    Made("transactions", transactions),
    Made("amounts", amounts),
    Made("patients", patients, "patient"),
)
_TOPICS = {
    "theft": (
        "my card was stolen and somebody is buying with it", "please block the account at once",
        "this payment was not mine", "somebody has changed my password", "strangers know my address and call me",
    ),
    "danger": (
        "the heater is leaking gas right now", "smoke comes out of the battery", "the charger burnt my hand",
        "my son was hurt by the broken glass", "there is water running into the sockets",
        "the brakes failed on the road",
    ),
    "delivery": (
        "the parcel has not arrived yet", "tracking says it is on the way", "the driver left it with a neighbour",
        "can you deliver on Saturday", "the box was left at the door", "which day does the order come",
    ),
    "invoice": (
        "I need the invoice again", "the amount on the bill is wrong", "please change the address on the invoice",
        "I was charged twice this month", "when do you take the payment", "the discount is missing on the bill",
    ),
    "return": (
        "the shoes are too small", "I want to send the jacket back", "where do I find the return label",
        "the colour is not as in the picture", "can I change it for a larger one", "the refund is not there yet",
    ),
    "account": (
        "I cannot log in with my password", "please delete my account", "how do I change my address",
        "the code for the account does not come", "the app shows an old order", "I forgot which mail I used",
    ),
    "product": (
        "does the battery fit the older model", "how long does the charger take", "is the heater loud at night",
        "can the glass go into the dishwasher", "the manual for the brakes is missing",
        "is there a kitchen set in blue",
    ),
}  # fmt: skip


def _odds(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _labelled(frame: pd.DataFrame, rare: np.ndarray) -> pd.DataFrame:
    return frame.assign(rare=np.where(rare, "yes", "no"))


def boosting(frame: pd.DataFrame, group: str | None) -> float:
    """Return the average precision of boosting on the app's own folds."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score
    from sklearn.pipeline import make_pipeline
    from skrub import TableVectorizer

    from core.data.problem import Problem
    from core.data.splitting import Unit, split_rows
    from core.data.table import from_frame
    from core.plan import Plan, SplitSettings, StrategyChoice

    split = SplitSettings(folds=FOLDS, group=group)
    problem = Problem.of(from_frame(frame), Plan("rare", (StrategyChoice.of("plain"),), "yes", split=split))
    features, y, values = frame.drop(columns="rare"), problem.target.codes, []
    for fold in range(FOLDS):
        rows = split_rows(problem, Unit(0, fold))
        train = np.sort(np.concatenate([rows.fit, rows.valid]))
        model = make_pipeline(TableVectorizer(), HistGradientBoostingClassifier(random_state=0))
        model.fit(features.iloc[train], y[train])
        p = model.predict_proba(features.iloc[rows.test])[:, 1]
        values.append(average_precision_score(y[rows.test], p))
    return float(np.mean(values))


def asked(program: str, *arguments: str, version: Path) -> float:
    """Return the figure that a program prints with the code of a version."""
    command = [sys.executable, "-c", program, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(version)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=version, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return float(json.loads(done.stdout.splitlines()[-1]))


def precisions(made: Made, folder: Path, versions: Mapping[str, Path]) -> dict[str, float]:
    """Return the average precision on a table: of the plain network by version, and of boosting."""
    frame = made.make(np.random.default_rng(0))
    path = folder / f"{made.name}.csv"
    frame.to_csv(path, index=False)
    network = {
        name: asked(NETWORK, str(path), made.group or "", str(FOLDS), version=at) for name, at in versions.items()
    }
    return {**network, "boosting": boosting(pd.read_csv(path), made.group)}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--former", type=Path, help="folder of a checkout of an earlier version, to compare with")
    arguments.add_argument(
        "--only", choices=[*(made.name for made in TABLES), "preparation"], help="one table, or the time of preparation"
    )
    options = arguments.parse_args()
    tables = [made for made in TABLES if options.only in (None, made.name)]
    here = Path(__file__).resolve().parents[1]
    versions = {"after": here}
    if options.former is not None:
        versions = {"before": options.former.resolve(), **versions}
    figures: dict[str, float | int] = {}
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for made in tables:
            found = precisions(made, Path(folder), versions)
            figures |= {f"{made.name}_{name}": value for name, value in found.items()}
            rows.append((made.name, "  ".join(f"{name} {value:.3f}" for name, value in found.items())))
    if tables:
        figures["wins"] = sum(figures[f"{made.name}_after"] >= figures[f"{made.name}_boosting"] for made in tables)
        rows.append(("tables on which the network is no worse than boosting", f"{figures['wins']} of {len(tables)}"))
    if options.former is not None and options.only in (None, "preparation"):
        taken = {name: [] for name in versions}
        for _ in range(RUNS):
            for name, at in versions.items():
                taken[name].append(asked(SECONDS, version=at))
        before, after = (min(taken[name]) for name in ("before", "after"))
        figures |= {"preparation_before_s": before, "preparation_after_s": after, "preparation_ratio": after / before}
        rows.append(
            ("preparation of 284,807 x 30", f"before {before:.2f} s  after {after:.2f} s  {after / before:.2f} times")
        )
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
