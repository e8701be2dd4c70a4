"""What people ask of a run, each with one answer for the page, the command line, the report and a notebook."""

from importlib import import_module
from pkgutil import iter_modules

from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, questions, told_apart

__all__ = ["Answer", "Column", "Question", "QuestionError", "Subject", "questions", "told_apart"]

# Importing a file registers the questions in it: a new one needs no entry anywhere else.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
