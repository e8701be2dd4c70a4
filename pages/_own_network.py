"""A network of one's own: brought as a file or as JSON, and what it must look like for this table."""

from __future__ import annotations

import streamlit as st

from core.data.problem import Problem
from core.experiment.memory import inputs_of
from core.networks.own import of_file, of_json
from core.plan import MAX_NETWORKS, NetworkChoice, PlanError
from core.words import counted
from pages._guard import guarded_callback
from pages._tab import remember, session
from pages._text import sentence

_EXAMPLE = """import keras

# What Counterweight prepares of this table: a vector of {inputs} numbers per row, scaled, categories one-hot.
model = keras.Sequential([
    keras.Input(({inputs},)),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.2),
    keras.layers.Dense({outputs}, activation="{end}"),
])
model.save("own.keras")
"""


def show_own(problem: Problem) -> None:
    """Let a person bring a Keras model, and say what it must look like."""
    classes, inputs = len(problem.target.classes), inputs_of(problem)
    outputs = 1 if classes == 2 else classes
    ends = "1 output" if classes == 2 else f"{counted(classes, 'output')}, one per class"
    end = "sigmoid" if outputs == 1 else "softmax"
    example = _EXAMPLE.format(inputs=inputs, outputs=outputs, end=end)
    st.markdown(
        f"A Keras model takes one vector per row, here of {inputs:,} numbers, and has {ends}. One made for "
        "another length gets a new first layer. Nothing in the file is run, and layers must be Keras' own."
    )
    st.download_button("Example for this table", example, "own_network.py", icon=":material/download:")
    file = st.file_uploader("Keras file", type=["keras", "json"], key="own_file", max_upload_size=100)
    text = st.text_area(
        "Or the architecture as JSON", key="own_json", height=90, placeholder="The output of model.to_json()"
    )
    starts = st.toggle(
        "Start from these weights",
        key="own_starts",
        help="Those in the file; otherwise every network starts from random weights.",
    )
    if st.button("Use this network", key="own_use", disabled=file is None and not text.strip()):
        try:
            choice = of_json(text) if file is None else of_file(file.getvalue(), starts, file.name)
        except PlanError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        add(choice)
        st.rerun()


@guarded_callback
def add(choice: NetworkChoice) -> None:
    """Put an own network into the plan, in place of an earlier one."""
    plan = session().plan
    kept = () if plan is None else tuple(one for one in plan.networks if one.name != choice.name)
    if len(kept) == MAX_NETWORKS:
        st.session_state["flash"] = f"Up to {MAX_NETWORKS} networks are compared: switch one off before adding another."
    else:
        remember(session().planned(networks=(*kept, choice)))


def own_in(networks: tuple[NetworkChoice, ...]) -> NetworkChoice | None:
    """Return the person's own network among others, if any."""
    return next((one for one in networks if one.name == "own"), None)


@guarded_callback
def leave_out() -> None:
    """Take the own network out of the plan; the last network stays."""
    plan = session().plan
    kept = () if plan is None else tuple(one for one in plan.networks if one.name != "own")
    if kept:
        remember(session().planned(networks=kept))
    else:
        st.session_state["flash"] = "A comparison needs a network: choose another before leaving this one out."
