"""Plans as addresses: read back unchanged, and refused in words."""

from __future__ import annotations

import pytest

from core.data.samples import load_sample
from core.data.table import from_frame
from core.links import from_query, opened, sample_of, to_query
from core.plan import NetworkChoice, Part, Plan, PlanError, SplitSettings, StrategyChoice, TrainingSettings
from core.words import TableError

PLANS = (
    Plan("not_text", (StrategyChoice.of("plain"),)),
    Plan(
        "not_text",
        (
            StrategyChoice.of("plain"),
            StrategyChoice.of("smote", k_neighbors=3),
            StrategyChoice((Part.of("under_bagging"), Part.of("threshold_cost", costs=(0.0, 1.0, 20.0, 0.0)))),
            StrategyChoice.of("enn", kind_sel="mode"),
            StrategyChoice.of("random_under", replacement=True, ratio=0.5),
        ),
        positive="no",
        kinds=(("height", "ignored"), ('width, "of" it', "numeric")),
        networks=(NetworkChoice.of("mlp", hidden_layers=(), dropout=0.2),),
        training=TrainingSettings(learning_rate=0.004, batch_size=64, epochs=10, patience=0, validation_split=0.3),
        split=SplitSettings(3, 2, 7, group="height"),
    ),
    Plan(
        "not_text",
        (StrategyChoice.of("plain"),),
        split=SplitSettings(group="height", time="area", gap=2.5, group_as_feature=False, time_as_feature=False),
    ),
)


@pytest.mark.parametrize("plan", PLANS)
def test_a_link_reads_back_as_its_plan(plan: Plan) -> None:
    link = from_query(to_query(plan, load_sample("page_blocks")))
    assert (link.kind, link.table, link.plan) == ("sample", "page_blocks", plan)


def test_a_link_holds_only_what_differs_from_the_start() -> None:
    assert to_query(PLANS[0], load_sample("page_blocks")) == {
        "table": "page_blocks",
        "target": "not_text",
        "strategies": "plain",
    }


def test_a_table_of_ones_own_is_named_not_mistaken_for_a_sample() -> None:
    own = from_frame(load_sample("yeast").frame.head(400), "Page blocks")
    assert sample_of(own) is None
    link = from_query(to_query(Plan("site", (StrategyChoice.of("plain"),)), own))
    assert (link.kind, link.table) == ("file", "Page blocks")


def test_what_a_link_leaves_out_is_as_the_app_starts() -> None:
    plan = from_query({"table": "german_credit"}).plan
    assert plan.target == "creditability"
    assert len(plan.strategies) == 7
    assert (plan.networks, plan.training, plan.split) == (Plan.networks, TrainingSettings(), SplitSettings())


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"table": "nowhere"}, "'nowhere' that does not exist"),
        ({"table": "yeast", "strategies": "magic"}, "no strategy called 'magic'"),
        ({"table": "yeast", "folds": "many"}, "'many' for folds"),
        ({"table": "yeast", "folds": "1"}, "Folds is 1"),
        ({"table": "yeast", "gap": "3"}, "A gap needs a column"),
        ({"table": "yeast", "group": "alm", "group_as_feature": "perhaps"}, "'perhaps' for group_as_feature"),
        ({"table": "yeast", "kinds": "[1]"}, "column kinds"),
        ({"table": "yeast", "hidden_layers": "8,x"}, "hidden_layers"),
        ({"table": "yeast", "dropout": "much"}, "'much' for dropout"),
        ({"table": "yeast", "networks": "magic"}, "no network called 'magic'"),
        ({"file": "mine.csv"}, "names no target"),
        ({"table": "yeast", "kinds": "[" * 100_000}, "column kinds cannot be read"),
        ({"table": "yeast", "kinds": '{"a":' * 50_000}, "column kinds cannot be read"),
        ({"table": "yeast", "kinds": '{"\\ud800":"numeric"}'}, "must be texts"),
        ({"table": "yeast", "seed": "1" + "0" * 400}, "Seed is far too large"),
        ({"table": "yeast", "target": "\ud800"}, "target that cannot be shown"),
        ({"file": "\ud800", "target": "x"}, "file that cannot be shown"),
        ({"table": "yeast", "strategies": f"focal(gamma=0x{'f' * 400})"}, "gamma must be a number"),
        ({"table": "yeast", "strategies": f"smote(k_neighbors=0x{'f' * 5000})"}, "k_neighbors must be a whole number"),
        ({"table": "yeast", "strategies": f"focal(gamma={'-' * 100_000}1)"}, "gamma must be a number"),
        ({"table": "yeast", "strategies": ",".join(f"focal(gamma={k / 1000})" for k in range(3000))}, "at most"),
        ({"table": "yeast", "strategies": "+".join(["smote"] * 3000)}, "10 parts at most"),
    ],
    ids=lambda value: str(value)[:60].encode("ascii", "replace").decode(),
)
def test_a_broken_link_gets_one_sentence(query: dict[str, str], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        from_query(query)


def test_a_plan_that_does_not_fit_the_table_names_the_column() -> None:
    link = from_query({"table": "yeast", "target": "gone"})
    with pytest.raises(TableError, match="no column `gone`"):
        opened(link, load_sample("yeast"))


def test_a_link_of_an_earlier_version_opens_with_its_layers() -> None:
    plan = from_query({"table": "yeast", "hidden_layers": "16,8", "dropout": "0.2", "epochs": "7"}).plan
    assert plan.networks == (NetworkChoice.of("mlp", hidden_layers=(16, 8), dropout=0.2),)
    assert plan.training.epochs == 7
    assert from_query({"table": "yeast", "hidden_layers": ""}).plan.networks[0].key == "mlp(hidden_layers=none)"
