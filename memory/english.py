"""English inflection: past and -ing forms, third person, plurals, articles. Tables of the irregular words, rules else.

Deliberately small: it serves a word-by-word translation, not a generator of fluent prose.
"""

from types import MappingProxyType

__all__ = [
    "ADJECTIVES",
    "CONJUNCTIONS",
    "DETERMINERS",
    "INTRANSITIVE",
    "NO_ARTICLE",
    "PREPOSITIONS",
    "gerund",
    "is_irregular",
    "is_verb",
    "participle",
    "past",
    "plural",
    "present",
]

# base past participle (one form when both are the same); regular verbs are not listed.
_IRREGULAR_VERBS = """
be was been; beat beat beaten; become became become; begin began begun; bend bent; bind bound; bite bit bitten; bleed
bled; blow blew blown; break broke broken; breed bred; bring brought; build built; burn burned; burst burst; buy
bought; cast cast; catch caught; choose chose chosen; cling clung; come came come; cost cost; creep crept; cut cut;
deal dealt; dig dug; do did done; draw drew drawn; dream dreamt; drink drank drunk; drive drove driven; eat ate eaten;
fall fell fallen; feed fed; feel felt; fight fought; find found; flee fled; fly flew flown; forbid forbade forbidden;
forget forgot forgotten; forgive forgave forgiven; freeze froze frozen; get got; give gave given; go went gone; grind
ground; grow grew grown; hang hung; have had; hear heard; hide hid hidden; hit hit; hold held; hurt hurt; keep kept;
kneel knelt; know knew known; lay laid; lead led; leave left; lend lent; let let; lie lay lain; light lit; lose lost;
make made; mean meant; meet met; must had.to; pay paid; put put; quit quit; read read; ride rode ridden; ring rang
rung; rise rose risen; run ran run; say said; see saw seen; seek sought; sell sold; send sent; set set; sew sewed
sewn; shake shook shaken; shed shed; shine shone; shoot shot; show showed shown; shut shut; sing sang sung; sink sank
sunk; sit sat; slay slew slain; sleep slept; slide slid; sow sowed sown; speak spoke spoken; spend spent; spin spun;
spit spat; split split; spread spread; spring sprang sprung; stand stood; steal stole stolen; stick stuck; sting
stung; strike struck; string strung; swear swore sworn; sweep swept; swell swelled swollen; swim swam swum; swing
swung; take took taken; teach taught; tear tore torn; tell told; think thought; throw threw thrown; tread trod;
understand understood; wake woke woken; wear wore worn; weave wove woven; weep wept; win won; wind wound; write wrote
written; can could been.able; will would; may might
"""

_IRREGULAR_PLURALS = MappingProxyType(
    {
        "man": "men", "woman": "women", "child": "children", "person": "people", "foot": "feet", "tooth": "teeth",
        "goose": "geese", "mouse": "mice", "louse": "lice", "ox": "oxen", "wife": "wives", "knife": "knives",
        "life": "lives", "leaf": "leaves", "wolf": "wolves", "calf": "calves", "half": "halves", "thief": "thieves",
        "shelf": "shelves", "loaf": "loaves", "self": "selves", "fish": "fish", "sheep": "sheep", "deer": "deer",
        "people": "people", "children": "children", "parents": "parents", "clothes": "clothes", "money": "money",
        "this": "these", "that": "those",
    }
)  # fmt: skip

# Words that stand without an article: function words, adverbs, numerals, and adjectives met without their noun.
NO_ARTICLE = frozenset({"like that", "like this", "there is", "hello", "goodbye", "please", "thanks"}) | frozenset(
    """
    a about above across afraid after afternoon again alive all almost alone along already also always and another any
    anyone anything apart around as asleep at away back bad badly beautiful because before behind below beside better
    between big black blue both but by clear close cold completely dead deep different difficult dirty down downstream
    downwards dry each early easy eight else elsewhere empty enough even ever every everyone everything exactly far
    fast few finally first five for forever forward four friday from full god good green happy hard he heavy her here
    high him his home hot how however hundred i if in inside into it itself just large last late later left less light
    like   little long lots many maybe me more morning most much must my myself narrow near nearly
    neither never new next nine no nobody none not nothing now of off often oh okay old on once one oneself only onto
    or other our ours out outside over perhaps poor properly quickly quietly quite rather ready really red rich right
    same second seven several sharp she short sick since six slowly small so some somebody someone something sometimes
    somewhere soon still straight strong such suddenly sunday sweet tall ten than thank that their them themselves
    then there  these they thick thin third this those thousand three through thus to today together tomorrow
    tonight too towards true twenty twice two under until up upstream upwards us very we weak well wet what when where
    which while white who whole whom whose why wide with within without wrong yellow yes yesterday yet you young your
    """.split()  # noqa: SIM905 - a list of two hundred quoted words reads worse
)

# Adjectives, numerals and determiners: in front of a noun they belong to its phrase.
ADJECTIVES = frozenset(
    """
    all another bad big black blue clear close cold different difficult dry each eight empty every first five four
    full good great green happy hard heavy high hot hundred large last left light little long many much narrow new
    next nine old one other poor ready red rich right same second seven sharp short six small some strong such sweet
    tall ten that these thick thin third this those thousand three true two which white whole wide young
    """.split()  # noqa: SIM905 - as above
)
DETERMINERS = frozenset("a an all another each every no some that these this those which what whose one".split())  # noqa: SIM905 - as above

# Verbs whose only noun is their subject.
INTRANSITIVE = frozenset(
    """
    appear arrive ascend bathe be become begin blow burn come cry dance descend die disappear dive emerge escape exit
    fall flee float flow fly go grow happen jump laugh lie live move pass remain return rise run shine sit sleep speak
    stand stay swim talk wake walk weep work
    """.split()  # noqa: SIM905 - as above
)

PREPOSITIONS = frozenset(
    """
    above across after against along among around at before behind below beside between beyond by during for from in
    inside into near of on onto over through to toward towards under upon with within without
    """.split()  # noqa: SIM905 - as above
)
CONJUNCTIONS = frozenset({"when", "if", "because", "but", "or", "while", "until", "so that", "like this", "like that"})
# Of the words without an article, those that are verbs as well.
_ALSO_VERBS = frozenset(
    {"close", "open", "clear", "dry", "empty", "like", "must", "back", "wet", "last", "own", "thank"}
)

_NO_MAN = ("human", "german", "roman", "shaman", "caiman", "talisman", "ottoman")

_VOWELS = "aeiou"


def _read_verbs() -> dict[str, tuple[str, str]]:
    table = {}
    for entry in _IRREGULAR_VERBS.replace("\n", " ").split(";"):
        base, *forms = (form.replace(".", " ") for form in entry.split())
        table[base] = (forms[0], forms[-1])
    return table


_VERBS = MappingProxyType(_read_verbs())


def is_verb(lemma: str) -> bool:
    """False for adverbs and the like, which need "be" to be a predicate: "was there"."""
    return lemma not in NO_ARTICLE or lemma in _ALSO_VERBS


def is_irregular(lemma: str) -> bool:
    """Whether a verb or noun has forms that no rule gives."""
    return lemma in _VERBS or lemma in _IRREGULAR_PLURALS


def past(base: str, person: tuple[int, bool] = (3, False)) -> str:
    """Simple past of a verb; the first word of a phrasal verb ("take out") is inflected."""
    head, _, rest = base.partition(" ")
    if head == "be":
        form = "were" if person[1] or person[0] == 2 else "was"
    else:
        form = _VERBS[head][0] if head in _VERBS else _with_ed(head)
    return f"{form} {rest}".strip()


def participle(base: str) -> str:
    """Past participle."""
    head, _, rest = base.partition(" ")
    form = _VERBS[head][1] if head in _VERBS else _with_ed(head)
    return f"{form} {rest}".strip()


def present(base: str, person: tuple[int, bool] = (3, False)) -> str:
    """Simple present for a person (1 to 3, plural or not)."""
    head, _, rest = base.partition(" ")
    if head == "be":
        form = "am" if person == (1, False) else "is" if person == (3, False) else "are"
    elif head == "have" and person == (3, False):
        form = "has"
    elif person == (3, False) and head not in ("must", "can", "will", "may"):
        form = _with_s(head)
    else:
        form = head
    return f"{form} {rest}".strip()


def gerund(base: str) -> str:
    """The -ing form."""
    head, _, rest = base.partition(" ")
    if head.endswith("ie"):
        form = head[:-2] + "ying"
    elif head.endswith("e") and not head.endswith(("ee", "oe", "ye")) and head != "be":
        form = head[:-1] + "ing"
    else:
        form = _doubled(head) + "ing"
    return f"{form} {rest}".strip()


def plural(noun: str) -> str:
    """Plural of a noun; of a phrase its last word."""
    head, _, last = noun.rpartition(" ")
    of_people = f"{last[:-3]}men" if last.endswith("man") and not last.endswith(_NO_MAN) else ""
    form = _IRREGULAR_PLURALS.get(last) or of_people or _with_s(last)
    return f"{head} {form}".strip()


def _with_ed(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2:-1] not in tuple(_VOWELS):
        return base[:-1] + "ied"
    return _doubled(base) + "ed"


def _with_s(base: str) -> str:
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return base + "es"
    if base.endswith("y") and len(base) > 1 and base[-2] not in _VOWELS:
        return base[:-1] + "ies"
    return base + "s"


def _doubled(base: str) -> str:
    """Final consonant doubled after one short stressed vowel: stop, but not open or wait."""
    syllables = sum(1 for a, b in zip(" " + base, base, strict=False) if b in _VOWELS and a not in _VOWELS)
    short = len(base) > 2 and base[-1] not in _VOWELS + "wxy" and base[-2] in _VOWELS and base[-3] not in _VOWELS
    return base + base[-1] if short and syllables == 1 else base
