"""The grammar of a language as a book: one section a rule, with its affixes or particles and generated examples.

The wording follows the typology; a section's statement is one paragraph, so that it becomes one record of memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dragoman.training.simlang.chance import Chance
from dragoman.training.simlang.documents import make_sentence
from dragoman.training.simlang.inventory import ADJECTIVES_FOR, ADPOSITIONS, CONJUNCTIONS, NUMERALS, VERBS
from dragoman.training.simlang.language import SimLanguage
from dragoman.training.simlang.meaning import FUTURE, PAST, PRESENT, Clause, Meaning, NounPhrase
from dragoman.training.simlang.story import Teller, vocabulary

__all__ = ["MARKED_RULES", "RULES", "Rule", "grammar_markdown", "grammar_rules", "marker_forms", "rule_statement"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "order": "Word order",
        "adjective": "Adjectives and numerals",
        "adposition": "Adpositions",
        "possession": "Possession",
        "definite": "Definiteness",
        "plural": "Plural",
        "case": "Case",
        "past": "Past tense",
        "future": "Future tense",
        "negation": "Negation",
        "question": "Questions",
        "conjunction": "Conjunctions",
        "agreement": "Agreement",
        "sounds": "Sound changes",
        "register": "Register",
    }
)
# A marker by its gloss, and the rule a reader can tell from marker and gloss alone.
MARKED_RULES: Mapping[str, str] = MappingProxyType(
    {
        "PL": "plural",
        "DEF": "definite",
        "ACC": "case",
        "ERG": "case",
        "GEN": "possession",
        "POSS": "possession",
        "PST": "past",
        "FUT": "future",
        "NEG": "negation",
        "Q": "question",
    }
)
_NUM_EXAMPLES = 3
_ROLE_NAMES = MappingProxyType({"S": "subject", "V": "verb", "O": "object", "X": "adposition phrase", "A": "adverb"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A section of the grammar.

    Attributes:
        id: one of `RULES`.
        heading: its title.
        statement: the rule itself.
        examples: (source, translation) pairs that show it.
        table: (form, gloss) rows of a paradigm.
    """

    id: str
    heading: str
    statement: str
    examples: tuple[tuple[str, str], ...]
    table: tuple[tuple[str, str], ...] = ()


def marker_forms(language: SimLanguage, gloss: str) -> tuple[str, ...]:
    """How a marker is written in a grammar: particles bare, affixes with a hyphen, in all their forms."""
    if gloss in language.markers.particles:
        return (language.markers.particles[gloss],)
    is_prefix = language.typology.prefixing
    forms = language.phonology.variants(language.markers.affixes[gloss], is_prefix=is_prefix)
    return tuple(f"{form}-" if is_prefix else f"-{form}" for form in forms)


def grammar_rules(language: SimLanguage) -> tuple[Rule, ...]:
    """All rules, in the order of the book; always the same for a language."""
    chance = language.chance("grammar")
    return tuple(
        Rule(id_, heading, rule_statement(language, id_), _examples(language, id_, chance), _paradigm(language, id_))
        for id_, heading in RULES.items()
    )


def rule_statement(language: SimLanguage, rule: str) -> str:
    """The paragraph that states a rule; a form stands between backquotes."""
    return _STATEMENTS[rule](language)


def grammar_markdown(language: SimLanguage) -> str:
    """The book."""
    lines = [f"# A short grammar of {language.name}", ""]
    for rule in grammar_rules(language):
        lines += [f"## {rule.heading}", "", rule.statement, ""]
        for block in (_table(rule), [f"- {source} => {target}" for source, target in rule.examples]):
            lines += [*block, ""] if block else []
    return "\n".join(lines) + "\n"


def _table(rule: Rule) -> list[str]:
    rows = [f"| {form} | {gloss} |" for form, gloss in rule.table]
    return ["| form | gloss |", "|---|---|", *rows] if rows else []


def _paradigm(language: SimLanguage, rule: str) -> tuple[tuple[str, str], ...]:
    """The markers of the classes; every other rule has one marker, which its statement names."""
    glosses = [g for g in language.markers.affixes if g.startswith("CL")] if rule == "agreement" else []
    return tuple((form, gloss) for gloss in glosses for form in marker_forms(language, gloss))


def _marker(language: SimLanguage, gloss: str) -> str:
    kind = "particle" if gloss in language.markers.particles else "prefix" if language.typology.prefixing else "suffix"
    return f"The {kind} {', '.join(f'`{form}`' for form in marker_forms(language, gloss))} ({gloss})"


def _order(language: SimLanguage) -> str:
    arrangement = language.typology.arrangement
    parts = ", ".join(_ROLE_NAMES[role] for role in arrangement)
    return f"The basic order is {language.typology.order}. The full order of a clause is: {parts}."


def _adjective(language: SimLanguage) -> str:
    side = "follow" if language.typology.noun_first else "stand before"
    return f"Adjectives and numerals {side} their noun; a numeral stands before an adjective."


def _adposition(language: SimLanguage) -> str:
    if language.typology.postpositions:
        return "There are postpositions: words such as `in` follow their noun phrase."
    return "There are prepositions: words such as `in` stand before their noun phrase."


def _possession(language: SimLanguage) -> str:
    typology = language.typology
    gloss = "POSS" if typology.possession == "possessed" else "GEN"
    where = {"genitive": "stands on the possessor", "possessed": "stands on the possessed noun"}.get(
        typology.possession, "stands between possessor and possessed noun"
    )
    order = "before" if typology.possessor_first else "after"
    return f"{_marker(language, gloss)} {where}. The possessor comes {order} the possessed noun."


def _definite(language: SimLanguage) -> str:
    where = {"affix": "on the noun", "before": "before the noun phrase", "after": "after the noun phrase"}
    return (
        f"{_marker(language, 'DEF')} {where[language.typology.definite]} makes it definite, English `the`;"
        " without it the noun is indefinite, English `a`."
    )


def _plural(language: SimLanguage) -> str:
    return f"{_marker(language, 'PL')} marks the plural of nouns, also after numerals."


def _case(language: SimLanguage) -> str:
    if language.typology.case == "none":
        return "Nouns have no case; word order alone tells subject and object apart."
    if language.typology.case == "accusative":
        return f"{_marker(language, 'ACC')} marks the object of a verb; the subject is unmarked."
    return f"{_marker(language, 'ERG')} marks the subject of a verb that has an object; the object is unmarked."


def _negation(language: SimLanguage) -> str:
    where = {"affix": "on the verb", "before": "before the verb", "after": "after the verb"}
    return f"{_marker(language, 'NEG')} {where[language.typology.negation]} negates the clause."


def _question(language: SimLanguage) -> str:
    where = {"affix": "on the verb", "first": "at the start of the sentence", "last": "at the end of the sentence"}
    return f"{_marker(language, 'Q')} {where[language.typology.question]} makes a yes-no question."


def _conjunction(language: SimLanguage) -> str:
    where = "at the end" if language.typology.conjunction_last else "at the start"
    return f"A conjunction stands {where} of the second clause."


def _agreement(language: SimLanguage) -> str:
    target = language.typology.agreement
    if target == "none":
        return "Nothing agrees with the noun."
    number = language.typology.num_classes
    whose = "its subject" if target == "verb" else "its noun"
    classes = f"Nouns fall into {number} classes; people are of class A."
    return f"{classes} The {target} takes the affix of the class of {whose}."


def _sounds(language: SimLanguage) -> str:
    return {
        "harmony": "Vowels of affixes follow the nearest vowel of the stem: e, i beside e, i; a, u beside a, o, u.",
        "voicing": "At the end of a morpheme p, t, k become b, d, g before a vowel.",
        "glide": f"Between two vowels an affix gets {language.phonology.glide}.",
        "epenthesis": f"Between two consonants an affix gets {language.phonology.filler}.",
        "none": "Nothing changes where morphemes meet.",
    }[language.typology.sandhi] + " Affixes of names are written with a hyphen and leave the name as it is."


def _register(language: SimLanguage) -> str:
    where = "opens" if language.typology.polite_first else "closes"
    return (
        f"{_marker(language, 'POL')} {where} a sentence of the polite register."
        " How it is rendered is a matter of usage: see translated texts."
    )


_STATEMENTS: Mapping[str, Callable[[SimLanguage], str]] = MappingProxyType(
    {
        "order": _order,
        "adjective": _adjective,
        "adposition": _adposition,
        "possession": _possession,
        "definite": _definite,
        "plural": _plural,
        "case": _case,
        "past": lambda language: f"{_marker(language, 'PST')} marks the past tense of verbs; the present is unmarked.",
        "future": lambda language: f"{_marker(language, 'FUT')} marks the future tense of verbs.",
        "negation": _negation,
        "question": _question,
        "conjunction": _conjunction,
        "agreement": _agreement,
        "sounds": _sounds,
        "register": _register,
    }
)


def _examples(language: SimLanguage, rule: str, chance: Chance) -> tuple[tuple[str, str], ...]:
    """Short sentences that show the rule; none where only usage can tell."""
    if rule in ("register", "sounds"):
        return ()
    excluded = frozenset(language.lexicon.other)
    teller = Teller(chance, vocabulary("", excluded))
    pairs = []
    for _ in range(_NUM_EXAMPLES):
        made = make_sentence(language, _shown(rule, teller, chance))
        pairs.append((made.source, made.reference))
    return tuple(pairs)


def _shown(rule: str, teller: Teller, chance: Chance) -> Meaning:
    """A plain sentence with the feature the rule is about."""
    subject = _example_subject(rule, teller, chance)
    thing = NounPhrase(teller.noun("thing").head)
    verb = chance.pick([verb.concept for verb in VERBS if (verb.topic, verb.valency) == ("", "thing")])
    plain = Clause(verb, subject, object=thing, tense=PRESENT)
    if rule == "conjunction":
        return Meaning(plain, link=chance.pick(CONJUNCTIONS), second=Clause("v.laugh", subject, tense=PRESENT))
    changes: dict[str, Clause] = {
        "adjective": replace(plain, object=replace(thing, adjective=chance.pick(ADJECTIVES_FOR["thing"]))),
        "adposition": Clause("v.wait", subject, adposition=chance.pick(ADPOSITIONS), oblique=teller.noun("place")),
        "possession": replace(plain, object=replace(thing, possessor=NounPhrase(teller.noun("person").head))),
        "plural": replace(plain, object=replace(thing, plural=True, numeral=chance.pick(("", *NUMERALS[:2])))),
        "definite": replace(plain, object=replace(thing, definite=True)),
        "past": replace(plain, tense=PAST),
        "future": replace(plain, tense=FUTURE),
        "negation": replace(plain, negated=True),
        "agreement": Clause(
            "v.be", NounPhrase(thing.head, definite=True), quality=chance.pick(ADJECTIVES_FOR["thing"])
        ),
    }
    return Meaning(changes.get(rule, plain), question=rule == "question")


def _example_subject(rule: str, teller: Teller, chance: Chance) -> NounPhrase:
    """A pronoun where the rule has no marker: such an example is found by the words it shares with a text."""
    if rule in ("order", "adposition", "adjective", "conjunction"):
        return NounPhrase(chance.pick(("p.I", "p.you", "p.we", "p.they")))
    return NounPhrase(teller.noun("person").head, definite=True)
