"""Scores a CSV with TensorFlow and pandas alone: python predict.py new_rows.csv scored.csv"""

import json
import sys
from pathlib import Path

import pandas as pd
import tensorflow as tf

rules = json.loads(Path(__file__).with_name("decision.json").read_text(encoding="utf-8"))
model = tf.keras.models.load_model(Path(__file__).with_name("model.keras"))
rows = pd.read_csv(sys.argv[1], keep_default_na=False, na_values=rules["missing"]).rename(columns=str.strip)
if absent := [one["column"] for one in rules["inputs"] if one["column"] not in rows]:
    sys.exit(f"The file has no column {', '.join(absent)}.")
inputs = {}
for one in rules["inputs"]:
    cells = rows[one["column"]]
    if one["kind"] == "text":  # whole numbers without a point, and nothing where a value is missing
        texts = cells.map(lambda v: f"{v:.0f}" if isinstance(v, float) and v % 1 == 0 else str(v).strip(), "ignore")
        values = texts.astype(object).replace(rules["missing"], "").fillna("")
    elif one["kind"] == "date":  # days since 1970
        moments = pd.to_datetime(cells, errors="coerce", format="ISO8601", utc=True)
        values = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    else:
        values = pd.to_numeric(cells, errors="coerce").astype(float)
    if lost := sum(values.isna() & cells.notna()):
        print(f"{one['column']}: {lost} values are no {one['kind']} and count as missing.", file=sys.stderr)
    inputs[one["name"]] = tf.constant(values.to_numpy()[:, None], tf.string if one["kind"] == "text" else tf.float64)
# Called, since model.predict() would round the numbers to single precision first; in parts, to fit into memory.
parts = [model({name: v[at : at + 10_000] for name, v in inputs.items()}) for at in range(0, len(rows), 10_000)]
p = tf.concat(parts, 0).numpy()
codes = (p * rules["scales"]).argmax(axis=1) if rules["threshold"] is None else (p[:, 1] >= rules["threshold"]) * 1
rows = rows.assign(**{name: p[:, code] for code, name in rules["columns"]})
rows[rules["decision"]] = [rules["classes"][code] for code in codes]
rows.to_csv(sys.argv[2] if len(sys.argv) > 2 else sys.stdout, index=False)
