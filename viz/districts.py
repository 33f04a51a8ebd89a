"""Hanoi's former districts as tiles of a map, and the clusters that stand in them.

A tile says who lies beside whom, not how large or of what shape: no outline that may be passed on was at hand. Districts
were abolished in July 2025; sources name clusters by them, so the map is one of before and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

__all__ = ["CITY", "DISTRICTS", "Spot", "city_spots"]

CITY = "hanoi"  # the city whose clusters are on the map

# district -> column and row of its tile
DISTRICTS = {
    "Mê Linh": (3, 0), "Sóc Sơn": (4, 0),
    "Ba Vì": (0, 1), "Sơn Tây": (1, 1), "Phúc Thọ": (2, 1), "Đông Anh": (4, 1),
    "Đan Phượng": (2, 2), "Bắc Từ Liêm": (3, 2), "Tây Hồ": (4, 2), "Long Biên": (5, 2),
    "Thạch Thất": (1, 3), "Hoài Đức": (2, 3), "Cầu Giấy": (3, 3), "Ba Đình": (4, 3), "Hoàn Kiếm": (5, 3), "Gia Lâm": (6, 3),
    "Quốc Oai": (1, 4), "Nam Từ Liêm": (2, 4), "Thanh Xuân": (3, 4), "Đống Đa": (4, 4), "Hai Bà Trưng": (5, 4),
    "Chương Mỹ": (1, 5), "Hà Đông": (2, 5), "Thanh Trì": (3, 5), "Hoàng Mai": (4, 5),
    "Thanh Oai": (2, 6), "Thường Tín": (3, 6),
    "Mỹ Đức": (1, 7), "Ứng Hòa": (2, 7), "Phú Xuyên": (3, 7),
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A cluster on the map; `invented`: no source names it, its district and place are assumed."""

    id: str
    name: str
    district: str
    firms: float
    synthetic: bool
    invented: bool = False


@cache
def city_spots(city: str = CITY) -> tuple[Spot, ...]:
    """Clusters of a city that ships, in the order of its table."""
    from ..experiments.by_cluster import is_invented
    from ..scenarios import load_scenario

    return tuple(
        Spot(cluster.id, cluster.name, cluster.district, cluster.firms_2018, cluster.synthetic, is_invented(cluster))
        for cluster in load_scenario(city).site.clusters
    )
