"""Measure what variants and long prompts do, and print the figures as Markdown.

python benchmarks/variants.py [--pictures] [--scenes 24] [--reader runs/demo_model/reader.pt]

Without ``--pictures`` only words are compared, in a second. With it the embedded model draws four variants and four
seeds of some briefs. With ``--reader``, the classifier that ``python -m tools.demo_model reader`` trains, it also tells
how often the model draws place, colour, light and mood of scenes that it never saw, from bare captions and from the
long prompts.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

BRIEFS = (
    "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고",
    "동네 빵집 소금빵",
    "고급스러운 와인바 저녁",
    "산뜻한 꽃집 오픈",
    "차분한 필라테스 수강생 모집",
    "바다가 보이는 펜션",
)
STEPS = 8


def measure_words() -> None:
    """Compare four variants with four seeds of every industry by their words."""
    from adstudio.prompt.industries import industries
    from adstudio.prompt.picture.variants import distinctness
    from adstudio.prompt.processor import write, write_variants

    print("| distinctness of 4 | variants: mean, least | seeds: mean, most |\n|---|---|---|")
    for title, backdrop_only in (("with a product", False), ("backdrops", True)):
        rows = []
        for name in industries():
            given: dict[str, Any] = {"industry": name, "backdrop_only": backdrop_only}
            seeds = [write("신메뉴 광고", seed=seed, **given) for seed in range(4)]
            rows.append((distinctness(write_variants("신메뉴 광고", 4, **given)), distinctness(seeds)))
        ours, theirs = zip(*rows, strict=True)
        print(
            f"| {title}, {len(rows)} industries | {statistics.mean(ours):.2f}, {min(ours):.2f} "
            f"| {statistics.mean(theirs):.2f}, {max(theirs):.2f} |"
        )


def measure_pictures() -> None:
    """Compare pictures of four variants with four seeds of one prompt: mean absolute difference over all pairs."""
    import numpy as np

    from adstudio.prompt.processor import write_variants

    draw = _drawer()
    print("\n| mean difference of 4 pictures | variants | seeds |\n|---|---|---|")
    for brief in BRIEFS:
        prompts = write_variants(brief, 4)
        sets = ([draw(p.positive, 1) for p in prompts], [draw(prompts[0].positive, seed) for seed in range(1, 5)])
        means = [statistics.mean(float(np.abs(a - b).mean()) for a, b in combinations(group, 2)) for group in sets]
        print(f"| {brief} | {means[0]:.3f} | {means[1]:.3f} |", flush=True)


def measure_following(reader: Path, scenes: int) -> None:
    """Read the pictures of scenes that the model never saw, drawn from bare captions and from long prompts."""
    import numpy as np
    import torch

    from adstudio.prompt.industries import industries
    from adstudio.prompt.picture.assembler import assemble, dress, enrich
    from adstudio.prompt.sentence import scene_parts
    from adstudio.prompt.styles import get_style
    from tools.demo_model import judge

    draw, rng = _drawer(), random.Random(1)
    chosen = rng.sample(sorted(judge.held_out(), key=str), scenes)
    shops = [rng.choice([shop for shop in industries().values() if shop.subject]) for _ in chosen]
    style = get_style("realistic")
    print("\n| drawn from | words | place | colour | light | mood |\n|---|---|---|---|---|---|")
    for title, is_backdrop, is_long in (
        ("captions with a product", False, False),
        ("long prompts with a product", False, True),
        ("captions of backdrops", True, False),
        ("long prompts of backdrops", True, True),
    ):
        prompts = []
        for index, (scene, shop) in enumerate(zip(chosen, shops, strict=True)):
            bare = scene_parts(
                scene, "top", subject="" if is_backdrop else shop.subject, detail="" if is_backdrop else shop.detail
            )
            rich = dress(enrich(bare, scene, shop, seed=index), style)
            prompts.append(assemble(rich if is_long else replace(bare, style=style.phrase)))
        small = np.stack([judge.small(draw(words, index + 1)) for index, words in enumerate(prompts)])
        answers = judge.read(judge.load_reader(reader), torch.from_numpy(small).permute(0, 3, 1, 2))
        shares = [
            statistics.mean(
                judge.names(axis)[int(answer)] == getattr(scene, field)
                for answer, scene in zip(answers[:, column], chosen, strict=True)
            )
            for column, (axis, field) in enumerate(zip(judge.AXES, judge.FIELDS, strict=True))
        ]
        length = statistics.mean(len(words.split()) for words in prompts)
        print(f"| {title} | {length:.0f} | " + " | ".join(f"{share:.2f}" for share in shares) + " |", flush=True)


def _drawer() -> Any:
    from adstudio.demo import checkpoint_path
    from adstudio.engine.drawing.sampling import text_to_image
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost(device="cpu")
    zit = load(checkpoint_path(), host)

    def draw(words: str, seed: int) -> Any:
        return text_to_image(zit, words, width=512, height=512, seed=seed, steps=STEPS, host=host).images[0]

    return draw


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", action="store_true", help="draw with the embedded model too")
    parser.add_argument("--reader", type=Path, help="the classifier of drawn pictures")
    parser.add_argument("--scenes", type=int, default=24, help="scenes to read")
    args = parser.parse_args()
    measure_words()
    if args.pictures:
        measure_pictures()
    if args.reader:
        measure_following(args.reader, args.scenes)


if __name__ == "__main__":
    main()
