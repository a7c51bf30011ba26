"""Tables of glossing labels: what each means for English.

Source: Leipzig Glossing Rules (Comrie, Haspelmath, Bickel 2015), appendix; Wikipedia, "List of glossing abbreviations".
"""

from types import MappingProxyType

from dragoman.agent.realisation.words import Agreement, Case, Tense
from dragoman.memory.english_pronouns import PERSONAL_PRONOUNS

__all__ = [
    "ASPECTS",
    "CASES",
    "CLASS_GENDERS",
    "DIRECTIONS",
    "ENGLISH_PRONOUNS",
    "EXTRAS",
    "GENDERS",
    "PARTICLES",
    "PREPOSITIONS",
    "TENSES",
]

TENSES: MappingProxyType[str, Tense] = MappingProxyType(
    {
        **dict.fromkeys(("PST", "RPST", "IPST", "PRET", "AOR", "HOD", "REM", "PRF", "PERF", "UNW", "WIT"), Tense.PAST),
        **dict.fromkeys(("PRS", "NPST"), Tense.PRESENT),
        **dict.fromkeys(("FUT", "POT"), Tense.FUTURE),
        **dict.fromkeys(("IRR", "COND", "SBJV", "HYP"), Tense.WOULD),
        **dict.fromkeys(("IMP", "IMPR", "PROH", "PROHIB", "OPT", "HORT", "JUS", "FUTIMP"), Tense.IMPERATIVE),
        **dict.fromkeys(("INF", "PURP"), Tense.INFINITIVE),
        **dict.fromkeys(("CVB", "SM", "SS", "SR", "SEQ", "GER"), Tense.SERIAL),
        **dict.fromkeys(("PTCP", "PRT", "REL"), Tense.PARTICIPLE),
        **dict.fromkeys(("NMLZ", "NMZ", "MSD", "VN"), Tense.NOUN),
    }
)
ASPECTS = frozenset({"PFV", "IPFV", "DUR", "PROG", "HAB", "ITER", "VENT", "AND", "CONT", "CAUS", "PASS", "STAT"})
CASES = MappingProxyType(
    {
        **dict.fromkeys(("ERG", "NOM", "A"), Case.AGENT),
        **dict.fromkeys(("ABS", "ACC", "P"), Case.OBJECT),
        **dict.fromkeys(("GEN", "GEN1", "GEN2", "POSS"), Case.POSSESSOR),
    }
)
PREPOSITIONS = MappingProxyType(
    {
        "LOC": "in", "INESS": "in", "IN": "in", "ESS": "in", "ALL": "to", "LAT": "to", "ILL": "into", "VERS": "to",
        "ABL": "from", "ELA": "from", "DAT": "to", "INS": "with", "INSTR": "with", "COM": "with", "ASSOC": "with",
        "PROP": "with", "PRIV": "without", "ABESS": "without", "CAR": "without", "BEN": "for", "CHAR": "from",
        "SIMIL": "like", "EQU": "like", "EQU1": "like", "EQU2": "like", "PERL": "through", "PROL": "through",
        "SUB": "under", "SUPER": "on", "AD": "at", "ADESS": "at", "APUD": "to", "CONT": "to", "TERM": "until",
        "TEMP": "at", "IC": "with",
    }
)  # fmt: skip
DIRECTIONS = MappingProxyType(
    {"ABL": "from", "LAT": "to", "ALL": "to", "VERS": "to", ("IN", "LAT"): "into", ("SUPER", "LAT"): "onto"}
)
PARTICLES = MappingProxyType(
    {
        "DEM": "this", "PROX": "here", "MED": "there", "DIST": "there", "NEG": "not", "FUT": "", "CONJ": "and",
        "INTJ": "oh", "COP": "is", "INDF": "some", "POT": "could", "IAM": "already", "ALR": "already", "ONLY": "only",
        "PROH": "do not", "ITER": "again", "ABSC": "here", "IMM": "here", "DIM": "little", "HAB": "always",
        "ETC": "and all", "APPR": "lest", "IMN": "about to", "PH": "what", "MAYBE": "maybe", "PRIV": "without",
        "COM": "with", "Q": "", "DS": "and then", "SEQ": "and then",
    }
)  # fmt: skip
ENGLISH_PRONOUNS = MappingProxyType(
    {
        form.lower(): Agreement(pronoun.person, pronoun.plural, pronoun.gender)
        for pronoun in PERSONAL_PRONOUNS
        for form in (pronoun.subject, pronoun.object)
        if form != pronoun.possessive  # "her" may be an owner
    }
)
EXTRAS = MappingProxyType({"ONLY": "only", "PROX": "here", "MED": "there", "DIST": "there", "IAM": "already"})
CLASS_GENDERS = MappingProxyType({"I": "m", "II": "f"})  # Nakh-Daghestanian gender classes
GENDERS = MappingProxyType({"M": "m", "MASC": "m", "F": "f", "FEM": "f", "N": "n", "NEUT": "n"})
