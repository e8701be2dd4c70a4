"""Finished runs that ship with the app, so that it opens on something: made by ``python -m core examples``.

They are ordinary runs in a folder of their own, each with its plan, table and versions. The app only reads
them; opened ones are copied to the person's own runs.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from core.briefs import brief_of
from core.gallery import COUNTS, EXAMPLES, HEADLINE, cards
from core.plan import Plan
from core.runs.copying import copy_run
from core.runs.store import RunRecord, Store


@dataclass(frozen=True)
class ExampleRun:
    """A run to make: a sample under the Quick look preset, and its name.

    See Also
    --------
    make_examples : Computes them.

    Examples
    --------
    >>> TO_MAKE[0].sample, TO_MAKE[0].name
    ('page_blocks', 'Page blocks: which are not text?')
    """

    sample: str
    name: str


@dataclass(frozen=True)
class Example:
    """A run that ships with the app.

    Parameters
    ----------
    headline : str
        What the run recommends, in a sentence.

    See Also
    --------
    core.gallery.Card : What the first page shows of it.
    examples : Those that are there.

    Examples
    --------
    >>> examples()[0].record.name, examples()[0].headline
    ('Page blocks: which are not text?', 'Use the plain network as it is.')
    """

    record: RunRecord
    headline: str


# The first is the one that the gallery shows first.
TO_MAKE: tuple[ExampleRun, ...] = (
    ExampleRun("page_blocks", "Page blocks: which are not text?"),
    ExampleRun("german_credit", "German credit: which loans went bad?"),
    ExampleRun("abalone_9_vs_18", "Abalone: which are the old ones?"),
    ExampleRun("yeast", "Yeast proteins: six places of a cell"),
)


def examples(folder: Path = EXAMPLES) -> tuple[Example, ...]:
    """Return the examples that are there, in the order of the gallery; none where the folder is gone.

    See Also
    --------
    open_example : Copies one to a person's own runs.

    Examples
    --------
    >>> [example.record.plan.target for example in examples()]
    ['not_text', 'creditability', 'rings', 'site']
    """
    headlines = {card.run_id: card.headline for card in cards(folder)}
    return tuple(Example(record, headlines.get(record.id, "")) for record in Store(folder).records())


def plan_of(sample: str) -> Plan:
    """Return the plan of a sample's example: the Quick look preset on one small network.

    See Also
    --------
    make_examples : Runs it.

    Examples
    --------
    >>> plan = plan_of("german_credit")
    >>> plan.target, [choice.key for choice in plan.strategies][:3]
    ('creditability', ['plain', 'random_over', 'smote'])
    """
    from core.data.problem import Problem
    from core.data.samples import SAMPLES, load_sample
    from core.strategies.choosing import preset_for
    from core.strategies.presets import QUICK_LOOK

    target = next(shipped.target for shipped in SAMPLES if shipped.key == sample)
    problem = Problem.of(load_sample(sample), Plan(target, QUICK_LOOK.choices))
    return Plan(target, preset_for(QUICK_LOOK, problem.facts))


def make_examples(folder: Path = EXAMPLES, tell: Callable[[str], None] = print) -> tuple[str, ...]:
    """Compute all examples anew, replace the folder's runs by them, and return their ids.

    See Also
    --------
    plan_of : What each of them runs.
    examples : Those that were made.
    """
    from core.api import run
    from core.data.samples import load_sample

    run_ids = []
    with tempfile.TemporaryDirectory() as workshop:
        # The gallery stands newest first: the last one made is the first one shown.
        for example in reversed(TO_MAKE):
            tell(f"{example.name} …")
            results = run(
                load_sample(example.sample), plan_of(example.sample), runs=workshop, name=example.name,
                progress=False, example=True,
            )  # fmt: skip
            run_ids.append(results.run_id)
        fresh = Path(workshop) / "fresh"
        for run_id in run_ids:
            copy_run(Store(Path(workshop)), Store(fresh), run_id)
            write_card(Store(fresh), run_id)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(fresh, folder)
    return tuple(run_ids)


def write_card(store: Store, run_id: str) -> None:
    """Keep in a run's folder what a gallery shows of it."""
    brief, folder = brief_of(store, run_id), store.folder(run_id)
    (folder / HEADLINE).write_text(brief.use + "\n")
    (folder / COUNTS).write_text(json.dumps(None if brief.counts is None else asdict(brief.counts)) + "\n")


def open_example(store: Store, run_id: str, folder: Path = EXAMPLES) -> bool:
    """Copy an example to a person's runs unless it is there; return whether there is such an example.

    See Also
    --------
    core.runs.copying.copy_run : Copies any run.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as runs:
    ...     store = Store(Path(runs))
    ...     open_example(store, examples()[0].record.id), open_example(store, "gone"), len(store.records())
    (True, False, 1)
    """
    examples = Store(folder)
    if not examples.has(run_id):
        return False
    if not store.has(run_id):
        copy_run(examples, store, run_id)
    return True
