"""People are told apart by what their provider promises to be unique, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.samples import load_sample
from core.runs.people import UnknownPerson, folder_of, folders, is_admitted, person_of
from core.runs.store import Store, StoreError
from tests.core.runs.test_store import PLAN

ANN = {"is_logged_in": True, "iss": "https://id.example", "sub": "1", "email": "ann@example.org"}


def test_a_person_is_issuer_and_subject() -> None:
    assert person_of(ANN) == person_of({**ANN, "email": "new@example.org", "name": "Ann"})
    assert len({person_of(ANN), person_of({**ANN, "sub": "2"}), person_of({**ANN, "iss": "https://other"})}) == 3


def test_without_a_subject_a_verified_address_will_do() -> None:
    verified = {"email": "ann@example.org", "email_verified": True}
    assert person_of({**verified, "email": "Ann@example.org"}) == person_of(verified)
    assert person_of(verified) != person_of({"sub": "ann@example.org"})
    unverified = [{"email": "ann@example.org"}] + [{**verified, "email_verified": word} for word in (False, "true", 1)]
    for claims in ({}, {"sub": ""}, {"sub": None}, *unverified):
        with pytest.raises(UnknownPerson, match="names neither"):
            person_of(claims)


def test_who_is_on_the_list_is_let_in_by_a_verified_address_or_by_what_names_them() -> None:
    verified = {**ANN, "email_verified": True}
    assert is_admitted(ANN, None)
    for people in (["Ann@Example.org "], ["@example.org"], [person_of(ANN)]):
        assert is_admitted(verified, people)
    for people in ([], ["bob@example.org"], ["@ample.org"], ["example.org"], ["@"], [""], ["1"], ["ann@example.org"]):
        assert not is_admitted(ANN, people)
    assert not is_admitted({**verified, "email": "ann@example.org@evil.example"}, ["@example.org", "ann@example.org"])
    assert not is_admitted({"email": "ann@example.org"}, ["ann@example.org"])


def test_a_folder_name_tells_nothing_and_leads_nowhere(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, person_of({"sub": "../../etc", "iss": "x"}))
    assert folder.parent == tmp_path / "people"
    assert set(folder.name) <= set("0123456789abcdef")


def test_another_persons_run_opens_nothing(tmp_path: Path) -> None:
    ann, bob = (Store(folder_of(tmp_path, person_of({**ANN, "sub": name}))) for name in ("ann", "bob"))
    run_id = ann.create(PLAN, load_sample("abalone_9_vs_18"))
    assert [record.id for record in ann.records()] == [run_id]
    everyone = Store(tmp_path)
    for store in (bob, everyone):
        assert store.records() == ()
        for names in (run_id, f"../{ann.root.name}/{run_id}", f"people/{ann.root.name}/{run_id}", "people"):
            for act in (store.record, store.table, store.results, store.finished_units, store.delete, store.hold,
                        store.request_cancel, store.progress):  # fmt: skip
                with pytest.raises(StoreError, match="There is no run"):
                    act(names)
    assert len(ann.records()) == 1
    assert set(folders(tmp_path)) == {tmp_path, ann.root}
