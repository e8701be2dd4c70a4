"""The snippets of a combination's parts as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

from core.strategies.snippets.snippet import Code, Name, Snippet
from core.strategies.snippets.terms import SaidTerms


class CodeError(ValueError):
    """A choice that cannot be written as a script; the message is one sentence that says why."""


@dataclass(frozen=True)
class Combination:
    """What all parts of a choice add to a script.

    Parameters
    ----------
    model : Snippet
        What the parts add up to the trained model.
    decisions : tuple of Snippet
        What they do with its probabilities, in the order in which they act: calibrations, each on what the
        ones before it return, then a decision rule.
    """

    model: Snippet
    decisions: tuple[Snippet, ...]

    @property
    def snippets(self) -> tuple[Snippet, ...]:
        return (self.model, *self.decisions)

    @property
    def helpers(self) -> tuple[Code, ...]:
        """The constants and functions that all parts use, each once."""
        return tuple(dict.fromkeys(helper for snippet in self.snippets for helper in snippet.helpers))

    def needs(self, name: Name) -> bool:
        """Return whether any part reads what the name stands for."""
        return any(snippet.needs(name) for snippet in self.snippets)


T = TypeVar("T")


def joined(snippets: Sequence[Snippet]) -> Combination:
    """Return the snippets of all parts as one: statements on rows follow one another, losses add their terms.

    Parameters
    ----------
    snippets : sequence of Snippet
        In the order in which the parts act.

    Raises
    ------
    CodeError
        Two parts write the same piece.

    Examples
    --------
    >>> both = joined([Snippet(bias="log_prior"), Snippet(rule="at_half")])
    >>> both.model.bias, [decision.rule for decision in both.decisions]
    ('log_prior', ['at_half'])
    """

    def only(pieces: Sequence[T], what: str, default: T) -> T:
        written = [piece for piece in pieces if piece]
        if len(written) > 1:
            raise CodeError(f"A script for two {what} at once is not written: choose one of them.")
        return written[0] if written else default

    decisions = tuple(s for s in snippets if s.adjust or s.rule)
    only([s.rule for s in decisions], "decision rules", "")
    training = [s for s in snippets if not (s.adjust or s.rule)]
    model = Snippet(
        imports=tuple(dict.fromkeys(line for s in training for line in s.imports)),
        helpers=tuple(dict.fromkeys(helper for s in training for helper in s.helpers)),
        rows="\n".join(s.rows for s in training if s.rows),
        weights=only([s.weights for s in training], "class weights", ""),
        costs=only([s.costs for s in training], "class weights", ""),
        bias=only([s.bias for s in training], "output biases", ""),
        terms=_terms(training),
        balanced_from=next((s.balanced_from for s in training if s.balanced_from is not None), None),
        data=only([s.data for s in training], "orders of batches", ""),
        batch_map=only([s.batch_map for s in training], "augmentations", None),
        ensemble=only([s.ensemble for s in training], "ensembles", None),
        model=only([s.model for s in training], "models", ""),
        stops_on=only([s.stops_on for s in training], "models", ""),
        reads=tuple(dict.fromkeys(name for s in training for name in s.reads)),
    )
    return Combination(model, decisions)


def _terms(snippets: Sequence[Snippet]) -> SaidTerms:
    """Return the terms of the loss that all parts set."""
    try:
        return reduce(SaidTerms.joined, (snippet.terms for snippet in snippets), SaidTerms())
    except ValueError:
        raise CodeError("A script for two losses at once is not written: choose one of them.") from None
