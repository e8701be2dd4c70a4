"""Puts a script together from its functions, those of the strategies among them."""

from __future__ import annotations

import re

import numpy as np

from core.data.preparation import CodedStep, steps
from core.data.problem import Problem
from core.data.reading.cleaning import as_text
from core.exporting.script import _texts as texts
from core.exporting.script._closure import closure
from core.exporting.script._imports import import_block, libraries, packages, pinned
from core.exporting.script._joining import CodeError, Combination, joined
from core.exporting.script._losses import EACH_MEMBER, loss_functions
from core.exporting.script._main import main, splitting
from core.exporting.script._networks import ScriptNetworks, brought, script_networks
from core.exporting.script._optimizer import clipping, learning_rate
from core.exporting.script._stopping import score
from core.exporting.script._training import learn, train
from core.networks.function import code_of_function
from core.networks.reading import network_label, network_of
from core.plan import Plan, StrategyChoice
from core.reporting.safe_csv import safe_csv
from core.strategies import Recipe, label, parts_of
from core.strategies.combining import clash
from core.strategies.snippets.snippet import Code, CodeFacts


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
    networks, left_out = _networks(plan, choice)
    body = [
        texts.settings(target, plan, of_kind, csv),
        texts.read_table(of_kind),
        texts.preparation(of_kind),
        *parts.helpers,
        *_training(parts, facts, plan, networks),
        texts.scores(facts),
        *splitting(plan),
        main(parts, facts, plan, networks),
        texts.START,
    ]
    imports = [line for piece in body for line in piece.imports]
    imports += [line for snippet in parts.snippets for line in snippet.imports]
    code = "\n\n\n".join(piece.text for piece in body)
    head = import_block(imports)
    return f"{_docstring(choice, plan, csv, left_out, head)}\n\n{head}\n\n{code}\n"


def _parts(choice: StrategyChoice, facts: CodeFacts) -> Combination:
    snippets = []
    for part in parts_of(choice):
        snippet = part.code(facts)
        if snippet is None:
            raise CodeError(f"{part.card.name} has no script yet.")
        snippets.append(snippet)
    return joined(snippets)


def _networks(plan: Plan, choice: StrategyChoice) -> tuple[ScriptNetworks, str]:
    """Return the networks of a choice, and what their code leaves out; a reference has none, and needs none.

    Raises
    ------
    CodeError
        The network is a function that no module has.
    """
    if Recipe.of(choice).reference is not None:
        return ScriptNetworks(), ""
    named = plan.network_of(choice)
    if not named.is_function:
        network = network_of(named)
        code = network.code()
        if code is not None:
            return brought(code, plan.training.members), code.left_out
        return script_networks(tuple(network.member(place) for place in range(plan.training.members))), ""
    code = code_of_function(named.name)
    if code is None:
        raise CodeError(f"A script for {network_label(named)} is not written: move the function into a module.")
    return brought(code, plan.training.members), ""


def _training(parts: Combination, facts: CodeFacts, plan: Plan, networks: ScriptNetworks) -> list[Code]:
    """Return the functions that make, train and ask networks; none where a model of scikit-learn stands for them."""
    model, training = parts.model, plan.training
    if model.model:
        return []
    together = training.members > 1
    made = f"NETWORK = {networks.made[0]}"
    if together and len(set(networks.made)) == 1:
        made = f"NETWORKS = [{networks.made[0]}] * MEMBERS"
    elif together:
        made = "\n".join(["NETWORKS = [", *(f"    {one}," for one in networks.made), "]"])
    many = closure([("core.networks.base", "many_valued")]) if networks.settled else ()
    ensemble = model.ensemble and model.ensemble.filled(train="yield task" if together else "train")
    scores = score(training.stop_on) if training.stop_on != "loss" and training.patience else ()
    return [
        *networks.pieces, Code(made), *many,
        *loss_functions(model.terms, facts), *[EACH_MEMBER] * (networks.inner_members > 1),
        texts.network(facts, networks, model.terms.scale or 1.0), *learning_rate(training), *clipping(training),
        *([] if model.batch_map is None else [model.batch_map]),
        texts.predict(facts, networks), *scores, *train(parts, facts, plan, networks),
        *([] if ensemble is None else [ensemble]), *([learn(parts)] if together else []),
    ]  # fmt: skip


def _left_out(plan: Plan, of_network: str) -> str:
    """Return in a sentence what of the training is not in the script; empty where all is."""
    parts = [
        *[of_network] * bool(of_network),
        *["tuning: the settings are those that every fold's search began with"] * plan.tuning.on,
    ]
    return f"Left out: {'; '.join(parts)}.\n\n" if parts else ""


def _docstring(choice: StrategyChoice, plan: Plan, csv: str, left_out: str, head: str) -> str:
    needs = " ".join(map(pinned, packages(head)))
    cards = [part.card for part in parts_of(choice)]
    strategies = "\n".join(f"{card.name}: {card.sentence}\n{card.paper}, {card.link}" for card in cards)
    text = (
        f"{label(choice)} in plain {libraries(head)}; written by Counterweight.\n\n"
        f"{strategies}\n\n"
        f"{_left_out(plan, left_out)}"
        f"    pip install {needs}\n    python {file_name(choice)} {csv}\n\n"
        f"A second argument is the number of folds to run, of the {plan.split.folds}.\n"
    )
    return f'"""{text}"""'
