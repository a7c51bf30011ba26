"""The English meaning inventory: what can be said in SimLang, with topics, sorts and valencies.

A concept is written "n.boat": a letter for the word class (n noun, v verb, a adjective, d adverb, r adposition,
c conjunction, u numeral, p pronoun) and the English lemma. Left out on purpose: words whose plural or past equals the
bare form ("sheep", "put"), mass nouns, and words with an unpredictable article ("hour"), so that losing a plural, a
tense or an article always shows.
"""

from dataclasses import dataclass
from types import MappingProxyType

__all__ = [
    "ADJECTIVES",
    "ADJECTIVES_FOR",
    "ADPOSITIONS",
    "ADVERBS",
    "CONCEPTS",
    "CONJUNCTIONS",
    "FEMALE",
    "MALE",
    "NOUNS",
    "NUMERALS",
    "POS_NAMES",
    "PRONOUNS",
    "TOPICS",
    "TOPIC_LABELS",
    "TOPIC_OF",
    "VERBS",
    "Noun",
    "Verb",
    "english_of",
]

# topic: persons, animals, things, places, verbs done to things
_TOPIC_WORDS = MappingProxyType(
    {
        "sea": (
            "captain sailor fisherman",
            "whale gull dolphin",
            "boat net anchor sail oar rope shell mast",
            "harbour island beach",
            "steer launch row",
        ),
        "market": (
            "merchant customer trader",
            "donkey camel parrot",
            "coin basket scale price jar carpet purse stall",
            "market shop warehouse",
            "sell buy weigh",
        ),
        "war": (
            "soldier general guard",
            "horse hound falcon",
            "sword shield arrow spear helmet banner drum wall",
            "camp fortress battlefield",
            "attack defend burn",
        ),
        "farm": (
            "farmer shepherd miller",
            "cow goat pig",
            "plough seed fence bucket barn apple sack wheel",
            "field orchard stable",
            "plant water harvest",
        ),
        "school": (
            "teacher pupil scholar",
            "owl cat frog",
            "book lesson question pencil desk letter map essay",
            "school library classroom",
            "study write explain",
        ),
        "court": (
            "judge lawyer thief",
            "raven snake rat",
            "law trial witness verdict oath prison chain debt",
            "court palace tower",
            "judge accuse confess",
        ),
        "feast": (
            "cook guest dancer",
            "chicken duck rabbit",
            "table song cake plate cup candle dish ring",
            "hall kitchen garden",
            "taste bake serve",
        ),
        "journey": (
            "traveller guide pilgrim",
            "wolf eagle bear",
            "road bridge mountain tent lantern coat bag storm",
            "village inn desert",
            "cross explore climb",
        ),
        "sickness": (
            "doctor patient nurse",
            "spider bee leech",
            "wound fever medicine bandage needle blanket pill herb",
            "hospital bedroom chapel",
            "cure examine treat",
        ),
        "workshop": (
            "carpenter smith potter",
            "mouse dog cricket",
            "hammer saw nail bench chair pot axe ladder",
            "workshop forge mill",
            "repair carve build",
        ),
    }
)

_GENERAL_NOUNS = (
    "man woman boy girl king queen father mother brother sister uncle aunt husband wife son daughter prince princess"
    " child friend neighbour stranger enemy servant master hunter singer baker priest"
    " | bird lion fox monkey ox elephant"
    " | stone tree house door window river flower knife key box picture story gift hat shoe leaf star cloud hand foot"
    " tooth head eye heart name word dream game bed bell bone feather mirror mask crown stick | town city forest"
    " valley temple room street hill lake cave square"
)

_VERB_TEXT = MappingProxyType(
    {
        "rest": "sleep laugh cry sing dance wait smile shout tremble rest work whisper pray sneeze",
        "motion": "go come run walk return travel hurry swim crawl march wander ride",
        "thing": "see find lose take hold carry hide steal break bring keep draw wash open close want make"
        " drop touch count choose throw remember paint lift move need use show clean",
        "person": "love hate help follow meet call know thank fear teach kiss kill catch blame trust greet forgive"
        " obey marry visit praise ask warn",
        "give": "give send lend offer promise bequeath",
    }
)

_ADJECTIVE_TEXT = MappingProxyType(
    {
        "any": "big small old young new good bad long strong weak red white black green blue yellow grey brown"
        " quiet loud beautiful ugly cold warm strange simple silent famous",
        "living": "tall short rich poor happy sad angry brave wise foolish lazy clever hungry thirsty tired gentle"
        " cruel proud",
        "thing": "heavy light clean dirty dry wet deep narrow wide bright dark soft hard sharp round empty full"
        " precious broken hidden holy sweet bitter",
    }
)
_ADVERB_TEXT = (
    "quickly slowly quietly loudly often always again today alone together carefully suddenly gladly sadly bravely"
    " secretly easily badly well here there early late twice once gently proudly everywhere sometimes"
)
_ADPOSITION_TEXT = "in on under near behind with for from to without beside through above across around against"
_CONJUNCTION_TEXT = "and but because when while after before although so if until"
_NUMERAL_TEXT = "two three four five six seven eight nine ten twelve"
_PRONOUN_TEXT = "I you we they 3 who"  # 3: the third person, which leaves gender open

TOPIC_LABELS = MappingProxyType({topic: f"the {topic}" for topic in _TOPIC_WORDS})
TOPICS: tuple[str, ...] = tuple(TOPIC_LABELS)
POS_NAMES = MappingProxyType(
    {
        "n": "noun",
        "v": "verb",
        "a": "adj",
        "d": "adv",
        "r": "adp",
        "c": "conj",
        "u": "num",
        "p": "pron",
    }
)
_MALE_TEXT = "man boy king father brother uncle husband son prince"
_FEMALE_TEXT = "woman girl queen mother sister aunt wife daughter princess"
_SORTS = ("person", "animal", "thing", "place")
_LIVING = ("person", "animal")


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun concept; sort is person, animal, thing or place; topic is empty for general words."""

    concept: str
    sort: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb concept; valency is rest, motion, thing, person or give; topic is empty for general words."""

    concept: str
    valency: str
    topic: str = ""


def english_of(concept: str) -> str:
    """The English lemma of a concept."""
    return concept[2:]


def _nouns() -> tuple[Noun, ...]:
    general = tuple(_GENERAL_NOUNS.split("|"))
    found: list[Noun] = []
    for topic, groups in (("", general), *_TOPIC_WORDS.items()):
        for sort, words in zip(_SORTS, groups, strict=False):
            found += [Noun(f"n.{word}", sort, topic) for word in words.split()]
    return tuple(found)


def _verbs() -> tuple[Verb, ...]:
    found = [Verb(f"v.{word}", valency) for valency, words in _VERB_TEXT.items() for word in words.split()]
    for topic, groups in _TOPIC_WORDS.items():
        found += [Verb(f"v.{word}", "thing", topic) for word in groups[-1].split()]
    return tuple(found)


def _plain(letter: str, text: str) -> tuple[str, ...]:
    return tuple(f"{letter}.{word}" for word in text.split())


MALE = _plain("n", _MALE_TEXT)
FEMALE = _plain("n", _FEMALE_TEXT)
NOUNS: tuple[Noun, ...] = _nouns()
VERBS: tuple[Verb, ...] = _verbs()
ADJECTIVES = _plain("a", " ".join(_ADJECTIVE_TEXT.values()))
ADJECTIVES_FOR = MappingProxyType(
    {
        sort: _plain("a", f"{_ADJECTIVE_TEXT['any']} {_ADJECTIVE_TEXT['living' if sort in _LIVING else 'thing']}")
        for sort in _SORTS
    }
)
ADVERBS = _plain("d", _ADVERB_TEXT)
ADPOSITIONS = _plain("r", _ADPOSITION_TEXT)
CONJUNCTIONS = _plain("c", _CONJUNCTION_TEXT)
NUMERALS = _plain("u", _NUMERAL_TEXT)
PRONOUNS = _plain("p", _PRONOUN_TEXT)
TOPIC_OF = MappingProxyType(
    {
        **{noun.concept: noun.topic for noun in NOUNS if noun.topic},
        **{verb.concept: verb.topic for verb in VERBS if verb.topic},
    }
)
CONCEPTS: tuple[str, ...] = (
    *(noun.concept for noun in NOUNS),
    *(verb.concept for verb in VERBS),
    "v.be",
    *ADJECTIVES,
    *ADVERBS,
    *ADPOSITIONS,
    *CONJUNCTIONS,
    *NUMERALS,
    *PRONOUNS,
)
