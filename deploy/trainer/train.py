#!/usr/bin/env python3
"""Trains a LoRA adapter from `understudy export P --what messages`, with TRL and PEFT on a GPU.

UNTRIED: written on a machine without a GPU and without access to the model hub. Only its syntax, its arguments and
the way it reads the messages were checked there.
"""

import argparse
import json
from pathlib import Path

SPLITS = ("train", "dev")


def arguments(given=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", type=Path, help="the exported JSONL file")
    parser.add_argument("--base", required=True, help="hub name or folder of the very base that serves")
    parser.add_argument("--out", type=Path, required=True, help="folder for the PEFT adapter")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--rate", type=float, default=5e-4, help="learning rate; smaller for larger bases")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--batch", type=int, default=8, help="examples on the GPU at once")
    parser.add_argument("--accumulate", type=int, default=1, help="batches in a step")
    parser.add_argument("--max-tokens", type=int, default=2048, help="longest example; longer ones are cut")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


def rows_of(path):
    """Reads the messages as prompt and completion, by split.

    With the last message as the completion, TRL takes the loss on the reply only. (Its `assistant_only_loss` would do
    the same, but needs a chat template that marks what the assistant says.)
    """
    rows = {split: [] for split in SPLITS}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            example = json.loads(line)
            *prompt, reply = example["messages"]
            if reply["role"] != "assistant" or example["split"] not in rows:
                raise SystemExit(f"{path}, line {number}: not an example of `understudy export --what messages`")
            rows[example["split"]].append({"prompt": prompt, "completion": [reply]})
    if not rows["train"]:
        raise SystemExit(f"{path} holds no example to train on")
    return rows


def main():
    """Trains and writes the adapter."""
    args = arguments()
    rows = rows_of(args.messages)

    # Here, so that a wrong argument is told before torch is loaded.
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    if not torch.cuda.is_available():
        raise SystemExit("no GPU was found; without one, `understudy train` on the processor is the way")
    watched = bool(rows["dev"])
    lora = LoraConfig(
        r=args.rank,
        lora_alpha=args.alpha,
        lora_dropout=0.05,
        # Every linear layer but the output: llama.cpp can't serve an adapter of tied embeddings.
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    config = SFTConfig(
        output_dir=str(args.out / "checkpoints"),
        num_train_epochs=args.epochs,
        learning_rate=args.rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.06,
        weight_decay=0.01,
        max_grad_norm=1.0,
        per_device_train_batch_size=args.batch,
        per_device_eval_batch_size=args.batch,
        gradient_accumulation_steps=args.accumulate,
        max_length=args.max_tokens,
        completion_only_loss=True,
        packing=False,
        bf16=True,
        model_init_kwargs={"dtype": "bfloat16"},
        eval_strategy="epoch" if watched else "no",
        save_strategy="epoch",
        load_best_model_at_end=watched,
        metric_for_best_model="eval_loss" if watched else None,
        greater_is_better=False if watched else None,
        logging_steps=10,
        report_to="none",
        seed=args.seed,
        data_seed=args.seed,
    )
    trainer = SFTTrainer(
        model=args.base,
        args=config,
        train_dataset=Dataset.from_list(rows["train"]),
        eval_dataset=Dataset.from_list(rows["dev"]) if watched else None,
        peft_config=lora,
    )
    trainer.train()
    trainer.save_model(str(args.out))
    print(f"The adapter is in {args.out}; README.md tells how it comes back.")


if __name__ == "__main__":
    main()
