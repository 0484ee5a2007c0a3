"""Kinds of trades that the reading of a brief tells apart, by the names of the table of trades."""

from __future__ import annotations

_FOOD = ("cafe", "bakery", "dessert", "tea", "korean_food", "meat", "chicken", "pizza", "snack", "asian_food")
_GROCERY = ("seafood", "bar", "rice_cake", "produce", "health_food", "market")
_WORN = ("fashion", "shoes_bags", "jewelry")
# Trades of things: a word for how or where they are sold weighs less than the thing itself.
SOLD = frozenset((*_FOOD, *_GROCERY, *_WORN, "camping", "kitchen"))
# Trades whose words name things, not shops and services.
GOODS = SOLD | {"cosmetics", "electronics", "flowers", "furniture", "kids", "perfume", "pets", "stationery"}
