"""Teach the lettering detector: draw pictures, train its scorer, and write the data file that ships.

python -m tools.lettering_model [--pictures 700] [--held-out 200] [--workers 2] [--cache FOLDER] [--out FILE]

Seeded: the same versions and fonts give the same file. Fonts and backgrounds of the held-out side are never trained on;
they set the threshold, and other pictures with them are what ``benchmarks/lettering.py`` reports on.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from adstudio.imaging.letters import detection as lettering

from .training import calibrate, collect, train, write


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=700, help="with lettering; as many without")
    parser.add_argument("--held-out", type=int, default=200)
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "lettering_model")
    parser.add_argument("--out", type=Path, default=lettering.SCORER)
    options = parser.parse_args()
    rows = collect(options.pictures, held_out=False, cache_dir=options.cache, workers=options.workers)
    data = train(rows)
    scorer = lettering.read_scorer(data)
    judged = collect(options.held_out, held_out=True, cache_dir=options.cache, workers=options.workers)
    scores = np.array([max(scorer.score(each.features), default=0.0) for each in judged])
    lettered = np.array([each.is_lettered for each in judged])
    data["threshold"] = calibrate(scores[~lettered])
    write(data, options.out)
    found = scores >= data["threshold"]
    print(
        f"{sum(len(each.labels) for each in rows)} rows of shapes on {len(rows)} pictures; {len(data['trees'])} trees, "
        f"{options.out.stat().st_size / 1000:.0f} kB. Threshold {data['threshold']}: finds lettering on "
        f"{found[lettered].mean():.1%} of the held-out pictures that show some and on {found[~lettered].mean():.1%} "
        "of the others."
    )


if __name__ == "__main__":
    main()
