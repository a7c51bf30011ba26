"""The shape of a line-numbered answer as a regular expression, for engines that can enforce one."""

from collections.abc import Sequence

__all__ = ["line_pattern"]


def line_pattern(numbers: Sequence[int]) -> str:
    """Matches exactly one non-empty line `number<TAB>text` for each number, in order."""
    return "\n".join(f"{number}\t[^\n]+" for number in numbers)
