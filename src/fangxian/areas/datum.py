"""Chinese map coordinates (GCJ-02) and the world's (WGS84).

GCJ-02 shifts every point in mainland China by some hundred metres. The formula is not published
by its authority; this is the one in general use, e.g. Huang, Q. et al. (2018), "eviltransform".
"""

import math
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Datum = Literal["wgs84", "gcj02"]
Points = NDArray[np.float64]
Column = NDArray[np.float64]

# Krasovsky 1940, as the transformation uses it.
_AXIS = 6378245.0  # metres
_FLATTENING = 0.00669342162296594323  # first eccentricity squared
_CLOSE_ENOUGH = 1e-10  # degrees: a hundredth of a millimetre


def to_gcj02(points: Points) -> Points:
    """WGS84 longitudes and latitudes (n x 2, degrees) as a Chinese map shows them."""
    return points + _shift(points)


def to_wgs84(points: Points) -> Points:
    """The inverse of `to_gcj02`, by iteration, to less than a millimetre."""
    found = points - _shift(points)
    for _again in range(20):
        step = points - to_gcj02(found)
        found = found + step
        if float(np.abs(step).max(initial=0.0)) < _CLOSE_ENOUGH:
            break
    return found


def geometry_to_wgs84(geometry: shapely.Geometry, datum: Datum) -> shapely.Geometry:
    return geometry if datum == "wgs84" else shapely.transform(geometry, to_wgs84)


def _shift(points: Points) -> Points:
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    both = (20.0 * np.sin(6.0 * x * math.pi) + 20.0 * np.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + both
    north += _wave(y, 20.0, 1) + _wave(y, 40.0, 3) + _wave(y, 160.0, 12) + _wave(y, 320.0, 30)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + both
    east += _wave(x, 20.0, 1) + _wave(x, 40.0, 3) + _wave(x, 150.0, 12) + _wave(x, 300.0, 30)
    radians = np.radians(points[:, 1])
    magic = 1.0 - _FLATTENING * np.sin(radians) ** 2
    north = north * 180.0 / ((_AXIS * (1.0 - _FLATTENING)) / (magic * np.sqrt(magic)) * math.pi)
    east = east * 180.0 / (_AXIS / np.sqrt(magic) * np.cos(radians) * math.pi)
    return np.column_stack([east, north])


def _wave(at: Column, height: float, length: int) -> Column:
    wave: Column = np.sin(at / length * math.pi) * (height * 2.0 / 3.0)
    return wave
