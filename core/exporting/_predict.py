"""Scores a CSV with TensorFlow and pandas alone: python predict.py new_rows.csv scored.csv

The rows are read as the training table was, by what decision.json says of it; ``reading.py`` and
``safe_csv.py`` beside this file are the app's own.
"""

import codecs
import csv
import importlib
import io
import itertools
import json
import re
import sys
from pathlib import Path

import pandas as pd
import tensorflow as tf

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from reading import FileReading, Reading, days_of, has_header, plain_names, plain_text, quotes_marked, unmarked  # noqa: E402
from safe_csv import safe_csv  # noqa: E402

RULES = json.loads((HERE / "decision.json").read_text(encoding="utf-8"))
csv.field_size_limit(2**31 - 1)
SEPARATORS = (",", ";", "\t", "|")
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def as_text(data: bytes) -> str:
    if data[:2] in (b"PK", b"\x1f\x8b") or data[:4] == b"PAR1":
        sys.exit("This is a packed, Excel or Parquet file: save the rows as CSV.")
    for mark, encoding in BOMS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def laid_out(text: str, kept: FileReading) -> tuple[str, str]:
    """Return the separator, and the text from the header on: the line that names most of the training columns."""
    if re.match(r"sep=.\r?\n", text):
        text = text.partition("\n")[2]
    if re.match(r"(\s*%.*\n)*\s*@relation", text, re.IGNORECASE):
        sys.exit("This is an ARFF or KEEL file: save the rows as CSV, with the names of the columns in the first line.")
    if kept.separator == "\t" and "\t" not in text:  # a table whose cells stand apart by spaces
        text = "\n".join("\t".join(line.split()) for line in text.splitlines()) + "\n"
    lines = io.StringIO(text, newline="").readlines(100_000)[:50] if kept.header else []
    best, separator, above = 0, kept.separator, 0
    for mark in dict.fromkeys((kept.separator, *SEPARATORS)):
        for at, line in enumerate(lines):
            shared = len(set(plain_names(cells(line, mark))) & set(kept.names))
            if shared > best:
                best, separator, above = shared, mark, at
    return separator, text[sum(map(len, lines[:above])) :]


def read(path: str, reading: Reading) -> pd.DataFrame:
    """Return the cells as text under the training table's names."""
    kept = reading.file
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        sys.exit(f"The file {path} cannot be opened: {error.strerror or error}.")
    separator, text = laid_out(as_text(data), kept)
    if not text.strip():
        sys.exit("The file is empty: it needs a line of column names and rows below it.")
    text = quotes_marked(text.encode(), separator).decode()
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    first = next(filter(None, lines), [])
    width, names = len(first), list(kept.names)
    if header := has_header(first, kept):
        names = plain_names(first)
    elif width == len(names) - 1:
        names.remove(RULES["target"])
    elif width != len(names):
        sys.exit(f"The file has {width} columns and no names: it needs the training table's {len(names)} in order.")
    every = [line for line in (lines if header else itertools.chain([first], lines)) if line]
    fitting = [line for line in every if len(line) == width]
    if len(fitting) < len(every):
        left_out = len(every) - len(fitting)
        print(f"Rows with more or fewer cells than the header, left out: {left_out}.", file=sys.stderr)
    table = pd.DataFrame(fitting, columns=names, dtype="str")
    if not len(table):
        sys.exit("The file has column names but no rows: add the rows.")
    return table


reading = Reading.of_plain(RULES["reading"])
if len(sys.argv) < 2:
    sys.exit(__doc__.partition("\n")[0])
rows = read(sys.argv[1], reading)
if absent := [one["column"] for one in RULES["inputs"] if one["column"] not in rows]:
    sys.exit(f"The file has no column {', '.join(absent)}.")
inputs = {}
for one in RULES["inputs"]:
    how, given = reading.of(one["column"]), rows[one["column"]]
    if one["kind"] in ("text", "words"):  # nothing where a value is missing
        values = how.categories(given).fillna("").astype(object)
        if one["kind"] == "words":
            values = pd.Series(plain_text(values), dtype=object)
    else:
        values, lost = how.values(given)
        if one["kind"] == "date":
            values = pd.Series(days_of(values))
        if lost.any():
            odd = given[lost].iloc[0]
            print(f"{one['column']}: values that are no {one['kind']} as the training table has them, such as {odd}, "
                  f"count as missing: {lost.sum()}.", file=sys.stderr)  # fmt: skip
    inputs[one["name"]] = tf.constant(values.to_numpy()[:, None], tf.string if values.dtype == object else tf.float64)
own = {}
for name, place in RULES["own_layers"].items():
    module, layer = place.split(":")
    try:
        own[name] = getattr(importlib.import_module(module), layer)
    except (ImportError, AttributeError):
        sys.exit(f"The model has a layer of a class of its maker's own, {layer}: put {module}.py, which defines it, "
                 "beside predict.py.")  # fmt: skip
model = tf.keras.models.load_model(HERE / "model.keras", custom_objects=own)
# Called, since model.predict() would round the numbers to single precision first; in parts, to fit into memory.
step = 500 if any(one["kind"] == "words" for one in RULES["inputs"]) else 10_000
parts = [model({name: v[at : at + step] for name, v in inputs.items()}) for at in range(0, len(rows), step)]
p = tf.concat(parts, 0).numpy()
codes = (p * RULES["scales"]).argmax(axis=1) if RULES["threshold"] is None else (p[:, 1] >= RULES["threshold"]) * 1
if RULES.get("row_costs"):  # decided row by row: flagged where that is cheaper on average
    costs, usable = {}, p[:, 1] >= 0
    for name, one in RULES["row_costs"].items():
        costs[name] = one["constant"]
        if one["column"] is not None:
            if one["column"] not in rows:
                sys.exit(f"The file has no column {one['column']}, which says what a row costs.")
            how = reading.of(one["column"])
            values = (
                pd.to_numeric(rows[one["column"]], errors="coerce")
                if how is None
                else how.values(rows[one["column"]])[0]
            )
            values = values.to_numpy(dtype=float)
            usable = usable & (values >= 0)
            costs[name] = values * one["factor"] + one["constant"]
    flagged = p[:, 1] * (costs["miss"] - costs["hit"]) > (1 - p[:, 1]) * (costs["alarm"] - costs["quiet"])
    codes = p.argmax(axis=1) * ~usable + flagged * usable
    if not usable.all():
        print(f"Rows without a usable cost, decided by their most probable class: {(~usable).sum()}.", file=sys.stderr)
added = {name: p[:, code] for code, name in RULES["columns"]}
added[RULES["decision"]] = [RULES["classes"][code] for code in codes]
scored = unmarked(rows)
for name, values in added.items():
    while name in scored:
        name += " (model)"
    scored[name] = values
text = safe_csv(scored)
if len(sys.argv) > 2:
    try:
        Path(sys.argv[2]).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        sys.exit(f"The table cannot be written to {sys.argv[2]}: {error.strerror or error}.")
else:
    sys.stdout.write(text)
