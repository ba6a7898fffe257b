"""How tightly operators bind: an operand is put into parentheses where it binds looser than its place, loosest first."""

from __future__ import annotations

OPEN, IMPLIES, JUNCTION, NOT, RELATION, SET, SUM, PRODUCT, POSTFIX = range(9)
"""To the end of the line (quantifiers, IF), =>, /\\ and \\/, ~, =, sets, sums, products, and terms that need no parentheses."""

WIDTH = 110
"""Where a line is too long."""
