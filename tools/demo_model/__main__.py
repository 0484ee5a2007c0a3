"""Train and judge the embedded demo model: ``python -m tools.demo_model [stage ...]``.

Stages run in order and each resumes where it was stopped; with no argument all of them run.
Budgets are minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path

STAGES = ("begin", "vae", "reader", "tokenizer", "latents", "decoder", "transformer", "adapters", "export", "judge")
STYLES = ("illustration", "watercolor")


def main() -> None:
    """Run the stages named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo_model", description=__doc__)
    parser.add_argument("stages", nargs="*", default=[], help=f"any of {', '.join(STAGES)}; none = all")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/demo_model"), help="folder of pools, latents and checkpoints"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("adstudio/demo/checkpoint"), help="where the checkpoint is written"
    )
    parser.add_argument("--begin-from", type=Path, help="exported checkpoint to go on from")
    parser.add_argument("--vae-minutes", type=float, default=22)
    parser.add_argument("--decoder-minutes", type=float, default=30)
    parser.add_argument("--transformer-minutes", type=float, default=90)
    parser.add_argument("--adapter-minutes", type=float, default=6)
    parser.add_argument("--shards", type=int, default=80, help="shards of 128 pictures for the base model")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(args.threads))
    for stage in args.stages or STAGES:
        if stage not in STAGES:
            parser.error(f"unknown stage {stage!r}; there are {', '.join(STAGES)}")
        print(f"== {stage}", flush=True)
        globals()[f"run_{stage}"](args)


def scale(args: argparse.Namespace) -> tuple[float, float]:
    """Latent factor and shift, measured once on the first shards and then fixed."""
    from .export import latent_scale
    from .latents import Shelf

    path = args.work / "scale.json"
    if not path.exists():
        shelf = Shelf(args.work / "latents")
        if not shelf.refresh():
            raise SystemExit("no latents yet: run the stage 'latents' first")
        factor, shift, channels = latent_scale(shelf)
        path.write_text(
            json.dumps(
                {
                    "factor": round(factor, 4),
                    "shift": round(shift, 4),
                    "channels": [round(float(c), 3) for c in channels],
                }
            )
        )
    saved = json.loads(path.read_text())
    return saved["factor"], saved["shift"]


def run_begin(args: argparse.Namespace) -> None:
    """Take over the weights of an exported checkpoint, where one is named and nothing has been trained yet."""
    from .export import begin

    if args.begin_from and not (args.work / "vae.pt").exists():
        args.work.mkdir(parents=True, exist_ok=True)
        begin(args.begin_from, args.work, args.vae_minutes * 60 * 0.6)


def run_vae(args: argparse.Namespace) -> None:
    """Train the autoencoder."""
    from . import vae

    vae.train(args.work, args.vae_minutes, threads=args.threads)


def run_decoder(args: argparse.Namespace) -> None:
    """Train the decoder further, the encoder fixed, so that latents stay valid."""
    from . import vae

    vae.train(args.work, args.decoder_minutes, decoder_only=True, threads=args.threads)


def run_reader(args: argparse.Namespace) -> None:
    """Train the classifier that judges following."""
    from . import judge

    table = judge.train_reader(args.work / "reader.pt")
    (args.work / "reader.json").write_text(json.dumps(table))
    print(table)


def run_tokenizer(args: argparse.Namespace) -> None:
    """Build the tokenizer from captions."""
    from .captions import Words, build_tokenizer
    from .pictures import training_scenes

    rng, words, scenes = random.Random(1), Words.from_tables(), training_scenes()
    texts = [words.caption(rng.choice(scenes), rng) for _ in range(4000)] + list(words.subjects) * 4
    build_tokenizer(args.work / "tokenizer", texts)


def run_latents(args: argparse.Namespace) -> None:
    """Draw and encode the training pictures."""
    from .export import load_vae
    from .latents import make_shards

    vae = load_vae(args.work)
    make_shards(args.work / "latents", vae, args.shards, seed=1)
    for k, style in enumerate(STYLES):
        make_shards(args.work / f"latents-{style}", vae, max(1, args.shards // 10), seed=101 + k, style=style)


def run_transformer(args: argparse.Namespace) -> None:
    """Train transformer and text encoder."""
    from . import transformer
    from .captions import Words

    transformer.train(
        args.work,
        args.work / "tokenizer",
        Words.from_tables(),
        scale(args),
        args.transformer_minutes,
        threads=args.threads,
    )


def run_adapters(args: argparse.Namespace) -> None:
    """Train the style adapters."""
    from adstudio.prompt.styles import get_style

    from . import adapter
    from .captions import Words

    for style in STYLES:
        out = args.out / "loras" / f"{style}.safetensors"
        adapter.train(
            args.work,
            args.work / "tokenizer",
            style,
            get_style(style).phrase,
            Words.from_tables(),
            scale(args),
            args.adapter_minutes,
            out,
        )


def run_export(args: argparse.Namespace) -> None:
    """Write the checkpoint folder."""
    from .export import export, load_trained, load_vae

    tokenizer = args.work / "tokenizer"
    export(args.out, load_vae(args.work), load_trained(args.work, tokenizer), scale(args), tokenizer)


def run_judge(args: argparse.Namespace) -> None:
    """Judge the exported checkpoint."""
    from .sheets import judge_checkpoint

    judge_checkpoint(args.out, args.work)


if __name__ == "__main__":
    main()
