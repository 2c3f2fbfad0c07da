"""Chinese as it is written and worded in Taiwan, made from the Simplified texts by OpenCC when it is first read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import opencc

# From Simplified Chinese to Taiwan's letters and words.
RECIPE = "s2twp"
# Where OpenCC chooses another word or letter than a reader in Taiwan, or Discord's client there, would.
BETTER = {
    "身份組": "身分組",
    "遮蔽": "封鎖",
    "許可權": "權限",
    "畫素": "像素",
    "棕發": "棕髮",
    "頻道里": "頻道裡",
    "回復": "回覆",
    "無響應": "沒有回應",
    "超時": "逾時",
    "“": "「",
    "”": "」",
}


@cache
def traditional(text: str) -> str:
    """`text` for a reader in Taiwan; fields to be filled in stay as they are."""
    converted = str(_converter().convert(text))
    for word, better in BETTER.items():
        converted = converted.replace(word, better)
    return converted


@cache
def _converter() -> Any:
    return opencc.OpenCC(RECIPE)


class Traditional(Mapping[str, str]):
    """The texts of a Simplified table, converted as they are asked for."""

    def __init__(self, simplified: Mapping[str, str]) -> None:
        self._simplified = simplified

    def __getitem__(self, key: str) -> str:
        return traditional(self._simplified[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._simplified)

    def __len__(self) -> int:
        return len(self._simplified)
