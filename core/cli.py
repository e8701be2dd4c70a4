"""The command line: ``python -m core run table.csv --target Class --strategies classics --out results/``.

Exit codes: 0 the run finished, 1 it failed or was stopped, 2 the input cannot be used.
Figures go to standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from core.column_options import add_column_options, hints, of_columns
from core.cost_options import add_costs, number, stakes_from

if TYPE_CHECKING:
    from core.data.table import Table
    from core.decision.stakes import Stakes
    from core.plan import NetworkChoice, Plan
    from core.reporting.results import Results

OK, FAILED, BAD_INPUT = 0, 1, 2


# Commands on a kept run, by the module that has each: those that ask it, and those that train networks again.
_ASKING = {"ask": "core.asking", "settle": "core.settling"}
_TRAINING = {"why": "core.why", "rows": "core.more_rows", "test": "core.next_file"}


class _BadInput(Exception):
    """What the person typed cannot be used; the message is one sentence."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, without the usage text before it."""

    def error(self, message: str) -> NoReturn:
        raise _BadInput(f"{message[:1].upper()}{message[1:]}; see python -m core run --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    # Before anything imports TensorFlow: its start-up lines would fall into the progress bar.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    typed = sys.argv[1:] if arguments is None else list(arguments)
    if typed and typed[0] in _ASKING:
        return int(import_module(_ASKING[typed[0]]).main(typed[1:]))
    if typed and typed[0] in _TRAINING:
        return _train_again(_TRAINING[typed[0]], typed[1:])
    try:
        given = _parser().parse_args(typed)
        return _make_examples() if given.command == "examples" else _run(given)
    except _BadInput as problem:
        print(problem, file=sys.stderr)
        return BAD_INPUT


def _train_again(module: str, arguments: Sequence[str]) -> int:
    _import_trainer()
    from core.experiment.memory import MemoryShortage
    from core.plan import PlanError
    from core.training.lane import Stopped

    try:
        return int(import_module(module).main(arguments))
    except PlanError as problem:
        print(problem, file=sys.stderr)
        return BAD_INPUT
    except MemoryShortage as problem:
        return _failed(str(problem))
    except (KeyboardInterrupt, Stopped):
        return _failed("Stopped.")


def _parser() -> _Parser:
    parser = _Parser(prog="python -m core", description="Compare balancing strategies on an imbalanced table.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("examples", help="compute the example runs that the app opens on anew")
    commands.add_parser("ask", help="ask a kept run a question: what a promise costs, who is worth using, and so on")
    commands.add_parser("settle", help="settle what a kept run's decisions cost, and how many rows can be looked at")
    commands.add_parser("why", help="say which columns each strategy of a kept run looks at")
    commands.add_parser("rows", help="say whether more rows would help a kept run, and about how many")
    commands.add_parser("test", help="test a kept run's strategies on a labelled file that was not in it")
    run = commands.add_parser(
        "run",
        help="train and compare strategies on a table",
        epilog="exit codes: 0 finished, 1 the run failed or was stopped, 2 the input cannot be used",
    )
    run.add_argument("table", help="a CSV, ARFF, Parquet or Excel file, or the key of a shipped sample (page_blocks)")
    run.add_argument("--target", help="the column to predict (default: the one that looks most like a class)")
    run.add_argument(
        "--merge",
        action="append",
        default=[],
        metavar="CLASS=INTO",
        help="count a class as another, or several as a new one (a=other, b=other); repeatable",
    )
    run.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="CLASS",
        help="leave the rows of a class out; repeatable",
    )
    run.add_argument("--positive", help="the positive class of two (default: the rarer one)")
    run.add_argument(
        "--strategies",
        default="start",
        metavar="LIST",
        help="presets (start, quick-look, classics, everything) and keys, separated by commas: "
        "'plain,smote(k_neighbors=3),under_bagging+threshold_f1' (default: start)",
    )
    run.add_argument("--out", type=Path, metavar="FOLDER", help="write results as CSV, Parquet and LaTeX, and a report")
    run.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept (default: the app's folder)")
    run.add_argument("--name", help="what the app's History calls the run")
    run.add_argument("--json", action="store_true", help="print one line of JSON instead of the table")
    run.add_argument("--yes", action="store_true", help="run a plan that takes longer than a day, too")
    run.add_argument("--quiet", action="store_true", help="no progress bar and no notes")
    add_column_options(run)
    split = run.add_argument_group("split")
    split.add_argument("--folds", type=_whole)
    split.add_argument("--repeats", type=_whole)
    split.add_argument("--seed", type=_whole)
    split.add_argument("--group", metavar="COLUMN", help="group by: rows with the same value stay together")
    split.add_argument("--time", metavar="COLUMN", help="split by time: train on earlier rows, test on later ones")
    split.add_argument(
        "--gap",
        type=number,
        help="with --time: how long before the first later row the last earlier one lies, in days or the column's "
        "own units",
    )
    for name in ("group", "time"):
        split.add_argument(
            f"--{name}-as-feature",
            action=argparse.BooleanOptionalAction,
            help=f"whether the --{name} column is learned from too (default: yes, where its kind allows)",
        )
    network = run.add_argument_group("network")
    network.add_argument(
        "--network", action="append", metavar="NAME", dest="networks",
        help="such as 'mlp(hidden_layers=128-64)', model.keras for a file, or my_module:build for a function of your "
        "own; up to three, each trained under every strategy",
    )  # fmt: skip
    network.add_argument("--hidden-layers", metavar="64,32", help="short for --network 'mlp(hidden_layers=64-32)'")
    network.add_argument("--dropout", type=number, help="of the network that --hidden-layers describes")
    training = run.add_argument_group("training")
    training.add_argument("--learning-rate", type=number)
    training.add_argument("--batch-size", type=_whole)
    training.add_argument("--epochs", type=_whole)
    training.add_argument("--patience", type=_whole, help="epochs without a better result; 0: never stop early")
    training.add_argument("--validation-split", type=number)
    training.add_argument("--weight-decay", type=number, help="share that an epoch takes off the weights")
    training.add_argument("--beta-2", type=number, help="of AdamW")
    training.add_argument("--schedule", help="of the learning rate: constant, cosine or realmlp")
    training.add_argument("--warm-up", type=number, help="share of the steps in which the learning rate rises")
    training.add_argument("--clip-norm", type=number, help="longest gradient; 0: any")
    training.add_argument("--stop-on", help="loss, or a metric such as f1: what early stopping goes by")
    training.add_argument("--members", type=_whole, help="networks per line, cross-fitted where there are several")
    training.add_argument(
        "--tune", type=_whole, dest="trials", metavar="TRIALS",
        help="settings of each strategy to try in every fold: 8, 16 or 32 (default: no tuning)",
    )  # fmt: skip
    training.add_argument(
        "--tune-on", metavar="METRIC",
        help="what settings are chosen by: average_precision, precision_at_k or recall_at_k",
    )  # fmt: skip
    run.add_argument(
        "--capacity", metavar="ROWS[/PERIOD]",
        help="rows that can be looked at, for metrics at k: of 1,000 rows (50), or per period (50/day)",
    )  # fmt: skip
    add_costs(run)
    return parser


def _make_examples() -> int:
    _import_trainer()
    from core.examples import EXAMPLES, make_examples

    run_ids = make_examples(tell=lambda words: print(words, file=sys.stderr))
    print(f"{len(run_ids)} examples in {EXAMPLES}.")
    return OK


def _run(given: argparse.Namespace) -> int:
    if given.out is not None and given.out.exists() and not given.out.is_dir():
        raise _BadInput(f"'{given.out}' is a file: give --out a folder.")
    table = _table(given.table)
    plan = _plan(given, table)
    stakes = _stakes(given, table, plan)

    from core.api import run
    from core.evaluation.tuned import tuned_strategies
    from core.experiment.memory import MemoryShortage
    from core.library_errors import sentence
    from core.plan import PlanError
    from core.reporting.display import MAIN, metrics_grid, text_table
    from core.reporting.writers import WriteError, write_results
    from core.runs.store import StoreError, runs_folder
    from core.training.lane import Stopped
    from core.words import TableError

    _import_trainer()
    try:
        results = run(table, plan, runs=given.runs or runs_folder(), name=given.name, progress=not given.quiet)
    except (TableError, PlanError) as problem:
        raise _BadInput(str(problem)) from problem
    except (StoreError, MemoryShortage) as problem:
        return _failed(str(problem))
    except (KeyboardInterrupt, Stopped):
        return _failed("Stopped: finished folds are kept; the app's History can resume the run.")
    except Exception as problem:
        return _failed(sentence(problem, "Training failed"))
    if not stakes.is_default:
        from core.runs.stakes import keep_stakes
        from core.runs.store import Store

        keep_stakes(Store(given.runs or runs_folder()), results.run_id, stakes)
        results = replace(results, stakes=stakes)
    if given.out is not None:
        try:
            write_results(results, given.out)
        except WriteError as problem:
            return _failed(str(problem))
    comparison = results.comparison
    if given.json:
        print(json.dumps(_as_json(results, "suggested" if given.target is None else "given"), ensure_ascii=False))
    elif comparison.strategies:
        if results.advice is not None:
            advice = results.advice
            print("\n".join([advice.lead.replace("`", "'"), *(said.replace("`", "'") for said in advice.helps)]) + "\n")
        print(text_table(metrics_grid(*results.lines)))
        folds = comparison.folds_in_words(MAIN)
        print(f"\nMean ± standard deviation over {folds}; * marks the best. Run {results.run_id}.")
        for note in filter(None, (comparison.mark_in_words, *comparison.notes)):
            print(note)
        if results.advice is not None:
            worth = results.advice.worth
            for said in (*results.advice.warnings, *results.advice.why, *([worth.text] if worth is not None else [])):
                print(said.replace("`", "'"))
        for statement in results.verdict.sentences:
            if statement.kind == "networks":  # the rest is in the recommendation's own words above
                print(statement.text.replace("`", "'"))
        for finding in results.findings:
            print(finding.line.replace("`", "'"))
    if not given.quiet:
        for note in comparison.notes if given.json else ():
            print(note, file=sys.stderr)
        for s in comparison.partial:
            for reason in s.errors:
                print(f"{results.names[s.key]} failed on some folds: {reason}", file=sys.stderr)
    if not given.quiet:
        for tuned in tuned_strategies(results.folds):
            print(f"{results.names[tuned.key]}, tuned: {tuned.in_words}", file=sys.stderr)
    for key, reason in comparison.failed:  # a line that was asked for and is missing is no note to be quiet about
        print(f"{results.names[key]} has no result: {reason}", file=sys.stderr)
    return OK if comparison.strategies else FAILED


def _import_trainer() -> None:
    """Import TensorFlow with standard error closed: its start-up lines ignore every log level."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        return
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 2)
        try:
            import core.training.lanes  # noqa: F401
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _table(source: str) -> Table:
    from core.data.samples import SAMPLES, load_sample
    from core.data.table import read_table
    from core.words import TableError

    try:
        if not Path(source).exists() and source in {sample.key for sample in SAMPLES}:
            return load_sample(source)
        return read_table(source)
    except TableError as problem:
        raise _BadInput(str(problem)) from problem


def _plan(given: argparse.Namespace, table: Table) -> Plan:
    from core.data.problem import Problem
    from core.data.profile import data_notes, describe
    from core.data.split_checks import check_splits
    from core.data.target import suggest_target
    from core.experiment.estimate import Workload, too_long
    from core.experiment.fitting import network_notes
    from core.networks.presets import training_rows, with_default_network
    from core.plan import CapacitySettings, Plan, PlanError, SplitSettings, TrainingSettings, TuningSettings
    from core.strategies.choosing import applicable, slow_in, slow_sentence
    from core.strategies.notation import named_singly, parse_strategies
    from core.words import TableError, quoted

    try:
        strategies = parse_strategies(given.strategies)
        training = _given(given, *(f.name for f in fields(TrainingSettings)))
        split = _given(given, "folds", "repeats", "seed", "group", "time", "gap", "group_as_feature", "time_as_feature")
        plan = Plan(
            suggest_target(table) if given.target is None else given.target,
            strategies,
            given.positive,
            networks=_networks(given),
            split=replace(SplitSettings(), **split),  # type: ignore[arg-type]
            tuning=TuningSettings(given.trials or 0, given.tune_on or TuningSettings.tune_on),
            capacity=CapacitySettings() if given.capacity is None else CapacitySettings.read(given.capacity),
            classes=(*map(_merged, given.merge), *((name, None) for name in given.leave_out)),
            **of_columns(given),  # type: ignore[arg-type]
        )
        if not given.networks and given.hidden_layers is None and given.dropout is None:
            plan = with_default_network(plan, training_rows(len(table.frame), plan))
        plan = replace(plan, training=replace(plan.training, **training))  # type: ignore[arg-type]
        for column in plan.split.columns:
            table.column(column)
        problem = Problem.of(table, plan)
        check_splits(problem)
        facts, workload = problem.facts, Workload.of(problem)
        usable = applicable(strategies, facts)
        # What a person names is run; what a preset brings along is not, where it would take long.
        slow = slow_in([choice for choice in usable if choice not in named_singly(given.strategies)], facts, workload)
    except (PlanError, TableError) as error:
        raise _BadInput(str(error)) from error
    if not usable:
        raise _BadInput("None of these strategies applies to this table: add plain to see it compared.")
    if not given.quiet:
        taken = f"Target: {quoted(plan.target)}, which looks most like a class; --target takes another."
        profile = describe(problem)
        said = (profile.sentence, *data_notes(problem, profile), *network_notes(problem), *hints(problem))
        for note in said if given.target is not None else (taken, *said):
            print(note, file=sys.stderr)
    left_out = [choice.key for choice in strategies if choice not in usable]
    if left_out and not given.quiet:
        print(f"Left out, as they do not apply to this table: {', '.join(left_out)}.", file=sys.stderr)
    if slow and not given.quiet:
        print(slow_sentence(slow, workload), file=sys.stderr)
    kept = tuple(choice for choice in usable if choice not in slow)
    long = too_long(workload.seconds(kept)) or workload.slow_network()
    if long is not None and not given.yes:
        raise _BadInput(f"{long.removesuffix('.')}; or add --yes to run it all the same.")
    return replace(plan, strategies=kept)


def _stakes(given: argparse.Namespace, table: Table, plan: Plan) -> Stakes:
    """Return the costs that were typed, checked against the table before anything is trained."""
    from core.data.problem import Problem
    from core.decision.costs import CostError
    from core.decision.stakes import Stakes
    from core.reporting.questions import QuestionError

    try:
        return stakes_from(given, Stakes(), lambda: Problem.of(table, plan))
    except (CostError, QuestionError) as error:
        raise _BadInput(str(error)) from error


def _given(given: argparse.Namespace, *names: str) -> dict[str, object]:
    """Return the options that were typed, by name; the others keep the plan's defaults."""
    return {name: getattr(given, name) for name in names if getattr(given, name) is not None}


def _networks(given: argparse.Namespace) -> tuple[NetworkChoice, ...]:
    """Return the networks that were typed; without one, the plan's default."""
    from core.networks.reading import parse_networks, typed
    from core.plan import NetworkChoice, Plan, PlanError

    dense = _given(given, "hidden_layers", "dropout")
    if given.networks and dense:
        raise PlanError("--hidden-layers and --dropout describe one network: write them as --network 'mlp(...)'.")
    if given.hidden_layers is not None:
        dense["hidden_layers"] = _layers(given.hidden_layers)
    if dense:
        return (typed(NetworkChoice.of("mlp", **dense)),)  # type: ignore[arg-type]
    return parse_networks(",".join(given.networks or ()), functions=True) or Plan.networks


def _merged(text: str) -> tuple[str, str]:
    name, sign, into = text.rpartition("=")
    if not (sign and name and into):
        raise _BadInput(f"--merge must be two classes such as 'very rare=rare', not '{text[:60]}'.")
    return name, into


def _layers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(units) for units in text.split(",") if units.strip())
    except ValueError as error:
        raise _BadInput(f"--hidden-layers must be whole numbers such as 64,32, not '{text[:60]}'.") from error


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text[:60]}' is no whole number") from error


def _as_json(results: Results, target_was: str) -> dict[str, object]:
    from core.data.profile import left_out
    from core.evaluation.tuned import tuned_strategies
    from core.experiment.fitting import network_notes

    comparison = results.comparison
    frame = results.frame()
    by_key = {s.key: s for s in comparison.strategies}
    return {
        "run": results.run_id,
        "table": results.table.name,
        "target": results.plan.target,
        "target_was": target_was,
        "classes": list(comparison.labels),
        "reading": list(results.table.notes),
        "warnings": list(results.profile.warnings),
        "settled": list(results.stakes.sentences()),
        "networks": list(network_notes(results.problem)),
        "columns_left_out": left_out(results.problem),
        "folds": comparison.folds,
        "strategies": {
            key: {
                "name": results.names[str(key)],
                "mean": {name: _figure(value) for name, value in row.items()},
                "std": {str(name): _figure(value) for name, value in by_key[str(key)].std.items()},
                "folds": {str(name): int(number) for name, number in by_key[str(key)].folds.items()},
                "failed_folds": comparison.folds - len(by_key[str(key)].scores),
                "errors": list(by_key[str(key)].errors),
            }
            for key, row in frame.iterrows()
        },
        "failed": dict(comparison.failed),
        "tuned": {
            one.key: {setting.name: list(setting.values) for setting in one.settings}
            for one in tuned_strategies(results.folds)
        },
        "recommendation": _advice_as_json(results),
        "verdict": [asdict(said) for said in results.verdict.sentences],
        "checks": [asdict(finding) for finding in results.findings],
        "notes": list(comparison.notes),
    }


def _advice_as_json(results: Results) -> dict[str, object] | None:
    advice = results.advice
    if advice is None:
        return None
    counts, worth = advice.counts, advice.worth
    return {
        "strategy": advice.key,
        "is_usable": advice.is_usable,
        "metric": advice.metric,
        "sentences": list(advice.sentences),
        "level": list(advice.level),
        "counts": None if counts is None else asdict(counts),
        "worth": None
        if worth is None
        else {
            "best": worth.key,
            "candidates": worth.candidates,
            "raw": _figure(worth.raw),
            "value": _figure(worth.value),
            "low": _figure(worth.low),
            "high": _figure(worth.high),
        },
    }


def _figure(value: float) -> float | None:
    """Return a float that JSON can hold: nan becomes null."""
    return None if value != value else round(float(value), 6)


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED
