"""How a SimLang language is built: word order, marking strategies, and which combinations each split may draw.

A *family* is (word order, adposition order, adjective order): 24 in all. For every word order one of the four
families is reserved for the test split and one for dev, so that a test language always has an unseen combination
while each single setting has been seen. The other settings are drawn freely in every split.
"""

from dataclasses import dataclass
from types import MappingProxyType

from dragoman.core.errors import UnknownNameError
from dragoman.training.simlang.chance import Chance

__all__ = ["SANDHI", "SPLITS", "WORD_ORDERS", "Typology", "draw_typology", "families", "is_reordered"]

WORD_ORDERS = ("SOV", "SVO", "VSO", "VOS", "OVS", "OSV")
SPLITS = ("train", "dev", "test")
SANDHI = ("harmony", "voicing", "glide", "epenthesis", "none")
_ENGLISH = ("S", "V", "O", "X", "A")
_ARRANGEMENTS = MappingProxyType(
    {
        "SOV": ("S", "A", "X", "O", "V"),
        "SVO": ("S", "V", "O", "X", "A"),
        "VSO": ("V", "S", "O", "X", "A"),
        "VOS": ("V", "O", "S", "A", "X"),
        "OVS": ("X", "O", "V", "S", "A"),
        "OSV": ("A", "X", "O", "S", "V"),
    }
)


@dataclass(frozen=True, slots=True)
class Typology:
    """The settings of one language.

    Attributes:
        order: one of `WORD_ORDERS`.
        postpositions: adpositions follow their noun phrase.
        noun_first: adjectives and numerals follow their noun.
        possessor_first: the possessor stands before what is possessed.
        possession: "genitive" (affix on the possessor), "possessed" (affix on the head) or "particle" between them.
        case: "accusative", "ergative" or "none".
        definite: "affix", "before" or "after" (a particle beside the noun).
        negation: "affix", "before" or "after" (a particle beside the verb).
        question: "affix", "first" or "last" (a particle of the sentence).
        agreement: "verb" (with the class of the subject), "adjective" (with the class of its noun) or "none".
        num_classes: noun classes; 1 when nothing agrees.
        sandhi: one of `SANDHI`.
        prefixing: grammatical affixes stand before the stem.
        conjunction_last: the conjunction closes the clause it introduces.
        polite_first: the particle of the polite register opens the sentence, else it closes it.
    """

    order: str
    postpositions: bool
    noun_first: bool
    possessor_first: bool
    possession: str
    case: str
    definite: str
    negation: str
    question: str
    agreement: str
    num_classes: int
    sandhi: str
    prefixing: bool
    conjunction_last: bool
    polite_first: bool

    @property
    def arrangement(self) -> tuple[str, ...]:
        """Order of subject, verb, object or complement, oblique (X) and adverb (A)."""
        return _ARRANGEMENTS[self.order]

    @property
    def family(self) -> tuple[str, bool, bool]:
        """What the splits are made by."""
        return self.order, self.postpositions, self.noun_first


def families(split: str) -> tuple[tuple[str, bool, bool], ...]:
    """The families that languages of a split may have.

    Raises:
        UnknownNameError: no such split.
    """
    if split not in SPLITS:
        raise UnknownNameError("SimLang split", split, SPLITS)
    found = []
    for place, order in enumerate(WORD_ORDERS):
        for number in range(4):
            owner = {place % 4: "test", (place + 1) % 4: "dev"}.get(number, "train")
            if owner == split:
                found.append((order, bool(number & 1), bool(number & 2)))
    return tuple(found)


def draw_typology(chance: Chance, split: str) -> Typology:
    """A typology from the families of the split."""
    order, postpositions, noun_first = chance.pick(families(split))
    agreement = chance.pick(("verb", "adjective", "none"))
    return Typology(
        order=order,
        postpositions=postpositions,
        noun_first=noun_first,
        possessor_first=chance.happens(0.5),
        possession=chance.pick(("genitive", "possessed", "particle")),
        # Without case, an order with subject and object side by side could not be read.
        case=chance.pick(("accusative", "ergative", "none") if order == "SVO" else ("accusative", "ergative")),
        definite=chance.pick(("affix", "before", "after")),
        negation=chance.pick(("affix", "before", "after")),
        question=chance.pick(("affix", "first", "last")),
        agreement=agreement,
        num_classes=1 if agreement == "none" else 2 + chance.below(3),
        sandhi=chance.pick(SANDHI),
        prefixing=chance.happens(0.3),
        conjunction_last=chance.happens(0.35),
        polite_first=chance.happens(0.5),
    )


def is_reordered(typology: Typology, present: frozenset[str]) -> bool:
    """Whether the parts of a clause that are present stand in another order than in English."""
    return [r for r in typology.arrangement if r in present] != [r for r in _ENGLISH if r in present]
