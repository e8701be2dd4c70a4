"""A strategy, or a combination, as a script in plain Keras, scikit-learn and imbalanced-learn.

The script does what a fold of an experiment does, in the app's order: split, fit the preparation on
training rows, keep validation rows back, balance, train with the same number of steps, calibrate, decide. It
needs none of this project, and reads the table that :func:`table_csv` writes.
"""

from core.exporting.script._imports import libraries
from core.exporting.script._joining import CodeError
from core.exporting.script.assembling import file_name, script, table_csv

__all__ = ["CodeError", "file_name", "libraries", "script", "table_csv"]
