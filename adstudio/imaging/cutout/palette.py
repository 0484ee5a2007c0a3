"""The few colours of a region, and how well a pixel fits them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...types import Array

_ENOUGH = 3000  # pixels that tell a region's colours


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """A mixture of colours in L*a*b*: each with its share of the region and its spread.

    Shapes: shares ``[K] float32``, at most 1 in all; centres ``[K,3]``; spreads ``[K,3]``, variances of 9 or more.
    Units: L*a*b* (L* 0..100), spreads their squares.
    """

    shares: Array
    centres: Array
    spreads: Array

    def density(self, lab: Array) -> Array:
        """Tell how likely each colour is in this region, in numbers to be compared with those of another region.

        Shapes: ``[...,3]`` L*a*b* ``-> [...] float32``, 0 or more.
        """
        # Squares multiplied out: three sums over all pixels become two products of matrices.
        inverse = 1 / self.spreads
        flat = lab.reshape(-1, lab.shape[-1])
        away = (flat * flat) @ inverse.T - 2 * flat @ (self.centres * inverse).T
        away += (self.centres**2 * inverse).sum(axis=1)
        heights = self.shares / np.sqrt(self.spreads.prod(axis=1))
        return (np.exp(-0.5 * np.maximum(away, 0)) @ heights).reshape(lab.shape[:-1]).astype(np.float32)


def find_palette(colours: Array, count: int = 6) -> Palette:
    """Name the main colours of a region by k-means; of many pixels some 3000, evenly taken, tell them.

    Args:
        count: the most to find; colours of fewer than 8 pixels are left out.
    Shapes: ``[N,3]`` L*a*b*, N >= 1.
    """
    colours = colours[:: max(1, len(colours) // _ENOUGH)]
    centres, label = cluster(colours, count)
    found = [(index, colours[label == index]) for index in range(len(centres))]
    kept = [(index, members) for index, members in found if len(members) >= 8] or [(0, colours)]
    return Palette(
        shares=np.array([len(members) / len(colours) for _, members in kept], dtype=np.float32),
        centres=np.stack([members.mean(axis=0) for _, members in kept]),
        # 9 = three units of L*a*b* in each direction: no colour of a photo is sharper than its noise
        spreads=np.stack([members.var(axis=0) + 9.0 for _, members in kept]),
    )


def cluster(colours: Array, count: int, rounds: int = 10) -> tuple[Array, NDArray[np.intp]]:
    """Group colours by k-means, started from the farthest points: the same photo always gives the same groups.

    Shapes: ``[N,3]`` L*a*b*, N >= 1.
    Returns: the groups' middles ``[count,3] float32``, and of each colour the number of its group ``[N]``; where there
        are fewer colours than groups, some groups are empty.
    """
    centres = [colours.mean(axis=0)]
    nearest = np.linalg.norm(colours - centres[0], axis=1)
    while len(centres) < count:
        centres.append(colours[int(nearest.argmax())])
        nearest = np.minimum(nearest, np.linalg.norm(colours - centres[-1], axis=1))
    middle = np.stack(centres)
    label = np.zeros(len(colours), dtype=np.intp)
    for _ in range(rounds):
        label = ((middle**2).sum(axis=1) - 2 * colours @ middle.T).argmin(axis=1)
        members = np.bincount(label, minlength=count)
        sums = np.stack([np.bincount(label, channel, count) for channel in colours.T], axis=1)
        middle = np.where(members[:, None] > 0, sums / np.maximum(members, 1)[:, None], middle).astype(np.float32)
    return middle.astype(np.float32), label
