"""Puts a script together from its functions, those of the strategies among them."""

from __future__ import annotations

import re
from importlib.metadata import version

import numpy as np

from core.data.preparation import CodedStep, steps
from core.data.problem import Problem
from core.data.reading.cleaning import as_text
from core.exporting.script import _texts as texts
from core.exporting.script._imports import import_block
from core.exporting.script._joining import CodeError, Combination, joined
from core.exporting.script._losses import loss_functions
from core.exporting.script._main import main, splitting
from core.exporting.script._training import learning_rate, train
from core.networks.code import NetworkCode
from core.networks.reading import network_label, network_of
from core.plan import Plan, StrategyChoice
from core.reporting.safe_csv import safe_csv
from core.strategies import Recipe, label, parts_of
from core.strategies.combining import clash
from core.strategies.snippets.snippet import Code, CodeFacts

_PACKAGES = ("tensorflow", "keras", "scikit-learn", "imbalanced-learn", "pandas", "numpy")


def file_name(choice: StrategyChoice) -> str:
    """Return a name for a choice's script.

    Examples
    --------
    >>> from core.strategies.notation import parse_choice
    >>> file_name(parse_choice("smote(k_neighbors=3)+focal"))
    'smote_focal.py'
    """
    return "_".join(re.sub(r"\W", "_", part.name) for part in choice.parts)[:80] + ".py"


def table_csv(problem: Problem) -> bytes:
    """Return the labelled rows as the CSV that the script reads: cleaned, with the classes as text.

    See Also
    --------
    script : The script that reads it.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> print(*table_csv(sample_run().problem).decode().splitlines()[:3], sep="\\n")
    age,fraud
    20.5,no
    22.5,no
    """
    table, target = problem.table, problem.target
    frame = table.frame.iloc[target.rows].copy()
    for column in table.columns:
        if column.kind == "categorical":
            frame[column.name] = frame[column.name].map(as_text, na_action="ignore").astype(object)
    frame[target.name] = np.array(target.labels, object)[target.codes]
    return safe_csv(frame).encode()


def script(problem: Problem, choice: StrategyChoice, csv: str = "table.csv") -> str:
    """Return the script of a choice for a table.

    Parameters
    ----------
    problem : Problem
        The table and the plan, which decide the columns, the folds and the network.
    choice : StrategyChoice
    csv : str
        Name of the file that holds what :func:`table_csv` returns.

    Raises
    ------
    CodeError
        A part has no script, or the parts make no sense together.

    See Also
    --------
    table_csv : The table that the script reads.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> table = from_frame(pd.DataFrame({"x": [0.5, 1.5] * 20, "y": ["no"] * 32 + ["yes"] * 8}), "small")
    >>> plan = Plan("y", (StrategyChoice.of("smote"),))
    >>> text = script(Problem.of(table, plan), plan.strategies[0])
    >>> [line.strip() for line in text.splitlines() if "SMOTE(" in line]
    ['X, y = SMOTE(k_neighbors=min(5, np.bincount(y).min() - 1), random_state=seed).fit_resample(X, y)']
    """
    reason = clash([part.name for part in choice.parts])
    if reason is not None:
        raise CodeError(reason)
    plan, target = problem.plan, problem.target
    kinds = sorted(steps(), key=lambda kind: issubclass(kind, CodedStep))
    named = {kind: [c.name for c in problem.features if c.kind == kind.column_kind] for kind in kinds}
    of_kind = {kind: names for kind, names in named.items() if names}
    facts = CodeFacts(len(target.classes), problem.facts.n_numeric > 0, problem.facts.n_categorical > 0)
    parts = _parts(choice, facts)
    network = _network_code(plan, choice)
    body = [
        texts.settings(target, plan, network, of_kind, csv),
        texts.read_table(of_kind),
        texts.preparation(of_kind),
        *parts.helpers,
        *_network(parts, facts, plan, network),
        texts.scores(facts),
        *splitting(plan.split),
        main(parts, facts, plan),
        texts.START,
    ]
    imports = [line for piece in body for line in piece.imports]
    imports += [line for snippet in parts.snippets for line in snippet.imports]
    code = "\n\n\n".join(piece.text for piece in body)
    return f"{_docstring(choice, plan, csv)}\n\n{import_block(imports)}\n\n{code}\n"


def _parts(choice: StrategyChoice, facts: CodeFacts) -> Combination:
    snippets = []
    for part in parts_of(choice):
        snippet = part.code(facts)
        if snippet is None:
            raise CodeError(f"{part.card.name} has no script yet.")
        snippets.append(snippet)
    return joined(snippets)


def _network_code(plan: Plan, choice: StrategyChoice) -> NetworkCode:
    """Return the code of a choice's network; a reference has none, and needs none.

    Raises
    ------
    CodeError
        The network has no code.
    """
    if Recipe.of(choice).reference is not None:
        return NetworkCode(())
    network = plan.network_of(choice)
    code = network_of(network).code()
    if code is None:
        raise CodeError(f"A script for {network_label(network)} is not written: export the model, which holds it.")
    return code


def _network(parts: Combination, facts: CodeFacts, plan: Plan, network: NetworkCode) -> list[Code]:
    """Return the functions that make, train and ask networks; none where a model of scikit-learn stands for them."""
    model = parts.model
    if model.model:
        return []
    scale = model.terms.scale or 1.0
    if network.logits and (model.bias or scale != 1):
        raise CodeError("A script that sets the last layer of a network of your own is not written: export the model.")
    functions = [*loss_functions(model.terms, facts), texts.network(facts, network, scale)]
    functions += [*learning_rate(plan.training), train(parts, facts, plan), texts.predict(facts)]
    return functions + [code for code in (model.batch_map, model.ensemble) if code is not None]


def _left_out(plan: Plan) -> str:
    """Return in a sentence what of the training is not in the script; empty where all is."""
    training = plan.training
    parts = [
        *[f"{training.members} cross-fitted members per network: one is trained"] * (training.members > 1),
        *["stopping on average precision: it stops on the loss"] * (training.stop_on != "loss"),
        *["tuning: the settings are those that every fold's search began with"] * plan.tuning.on,
    ]
    return f"Left out: {'; '.join(parts)}.\n\n" if parts else ""


def _docstring(choice: StrategyChoice, plan: Plan, csv: str) -> str:
    needs = " ".join(f"{package}=={version(package)}" for package in _PACKAGES)
    cards = [part.card for part in parts_of(choice)]
    strategies = "\n".join(f"{card.name}: {card.sentence}\n{card.paper}, {card.link}" for card in cards)
    text = (
        f"{label(choice)} in plain Keras, scikit-learn and imbalanced-learn; written by Counterweight.\n\n"
        f"{strategies}\n\n"
        f"{_left_out(plan)}"
        f"    pip install {needs}\n    python {file_name(choice)} {csv}\n\n"
        f"A second argument is the number of folds to run, of the {plan.split.folds}.\n"
    )
    return f'"""{text}"""'
