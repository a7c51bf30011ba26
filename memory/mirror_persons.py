"""Free pronouns of a language from glosses such as 1SG, 3PL.ERG, 1NSG.POSS and 3s.UNM, for English pronouns."""

import re
from collections.abc import Collection, Iterable
from types import MappingProxyType

from dragoman.memory.english_pronouns import PERSONAL_PRONOUNS
from dragoman.memory.english_tags import Place

__all__ = ["Persons", "tidy_gloss"]

_PERSONS = MappingProxyType({p.lemma: (str(p.person), p.plural) for p in PERSONAL_PRONOUNS})
_PERSON_GLOSS = re.compile(r"^(?P<person>[123])[.]?(?P<number>SG|NSG|PL|DU|S|P|D)?(?P<rest>(?:[.:\-=]?[A-Z|/]+)*)$")
_SMALL_LABEL = re.compile(r"(?<![\w])[123](?:/[123])?(?:sg|nsg|pl|du|s|p|d)(?:/[sp])?(?![a-z])")
_ARTICLES = MappingProxyType({"the": "DEF", "a": "INDF", "an": "INDF"})
_GENDERS = MappingProxyType({p.lemma: p.gender.upper() for p in PERSONAL_PRONOUNS})
_WANTED = MappingProxyType(
    {
        Place.OWNER: frozenset({"GEN", "POSS"}),
        Place.SUBJECT: frozenset({"NOM", "SBJ", "UNM", "ERG", "ABS", "S", "A"}),
        Place.OBJECT: frozenset({"ACC", "OBJ", "ABS", "O", "P", "DAT"}),
    }
)
_CASES = frozenset().union(*_WANTED.values()) | {"DAT", "LOC", "ALL", "ABL", "COM", "INS", "REFL", "EMPH"}
_MATCH, _CLASH, _DUAL = 10.0, 0.05, 0.3  # what a pronoun's count is multiplied with
_MIN_LINES, _SAID = 6, 0.35  # lines, and the share of them with the pronoun, below which it is left out


def tidy_gloss(gloss: str) -> str:
    """The gloss with its person labels in capitals, as all other labels are: "see-PA-1s" becomes "see-PA-1S"."""
    return _SMALL_LABEL.sub(lambda match: match[0].upper(), gloss)


class Persons:
    """Counts of pronouns by person, number and what else their gloss says."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, bool], dict[tuple[frozenset[str], str], float]] = {}
        self._lines: dict[tuple[str, Place], list[bool]] = {}

    def learn(self, form: str, gloss: str) -> bool:
        """Takes a word if its whole gloss is a person; whether it is."""
        match = _PERSON_GLOSS.match(gloss)
        if match is None or not form:
            return False
        rest = frozenset(re.split(r"[.:\-=|/]", match["rest"])) - {""}
        for key in _keys(match):
            table = self._met.setdefault(key, {})
            table[rest, form] = table.get((rest, form), 0.0) + (_DUAL if match["number"] in ("DU", "D") else 1.0)
        return True

    def learn_line(self, english: Iterable[tuple[str, Place]], glosses: Collection[str]) -> None:
        """Takes which pronouns and articles a line has in English, and whether the language has words for them."""
        said: set[object] = {key for gloss in glosses if (match := _PERSON_GLOSS.match(gloss)) for key in _keys(match)}
        for lemma, place in english:
            if lemma in _PERSONS:
                self._lines.setdefault((lemma, place), []).append(_PERSONS[lemma] in said)
            elif lemma in _ARTICLES:
                self._lines.setdefault((lemma, place), []).append(any(_ARTICLES[lemma] in g for g in glosses))

    def is_dropped(self, lemma: str, place: Place) -> bool:
        """Whether the language mostly leaves this pronoun or article out."""
        lines = self._lines.get((lemma, place), [])
        return len(lines) >= _MIN_LINES and sum(lines) < _SAID * len(lines)

    def pronoun(self, lemma: str, place: Place) -> str:
        """The pronoun for an English one ("i", "she") in its place; "" when none is known."""
        if lemma not in _PERSONS:
            return ""
        met = self._met.get(_PERSONS[lemma], {})
        ranked = [(_suits(rest, lemma, place) * count, form) for (rest, form), count in met.items()]
        return max(ranked, default=(0.0, ""))[1]


def _keys(match: re.Match[str]) -> list[tuple[str, bool]]:
    """Person and plural; a gloss without number may be either."""
    number = match["number"]
    plural = [False, True] if number is None else [not number.startswith("S")]
    return [(match["person"], is_plural) for is_plural in plural]


def _suits(rest: frozenset[str], lemma: str, place: Place) -> float:
    wanted = _WANTED.get(place, frozenset())
    case = _MATCH if rest & wanted else _CLASH if rest & _CASES else 1.0
    gender = _GENDERS.get(lemma, "")
    genders = rest & {"M", "F", "N", "MSG", "FSG", "NSG"}
    if not gender or not genders:
        return case
    return case * (_MATCH if any(found.startswith(gender) for found in genders) else _CLASH)
