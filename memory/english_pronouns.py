"""The personal pronouns of English: their forms, and the person that each stands for."""

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PERSONAL_PRONOUNS", "Pronoun", "pronouns"]


@dataclass(frozen=True, slots=True)
class Pronoun:
    """One pronoun.

    Attributes:
        subject, object, possessive: its forms, as in the middle of a sentence.
        person: 1 to 3.
        plural: false for "you", which stands for one or more.
        gender: "m", "f" or "n" in the third person singular, else "".
    """

    subject: str
    object: str
    possessive: str
    person: int
    plural: bool = False
    gender: str = ""

    @property
    def lemma(self) -> str:
        """The normalised subject form, under which all forms are read."""
        return self.subject.lower()

    @property
    def forms(self) -> tuple[str, str, str]:
        """Subject, object and possessive."""
        return self.subject, self.object, self.possessive


PERSONAL_PRONOUNS = (
    Pronoun("I", "me", "my", 1),
    Pronoun("you", "you", "your", 2),
    Pronoun("he", "him", "his", 3, gender="m"),
    Pronoun("she", "her", "her", 3, gender="f"),
    Pronoun("it", "it", "its", 3, gender="n"),
    Pronoun("we", "us", "our", 1, plural=True),
    Pronoun("they", "them", "their", 3, plural=True),
)
_FORMS = MappingProxyType({(p.person, p.plural, p.gender): p.forms for p in PERSONAL_PRONOUNS})
_UNKNOWN_GENDER = ("he", "it", "his")  # a subject is mostly a person, an object mostly a thing


def pronouns(person: int, plural: bool, gender: str = "") -> tuple[str, str, str]:
    """Subject, object and possessive pronoun; gender is "m", "f", "n" or "" and counts in the third person singular."""
    if (person, plural) == (3, False):
        return _FORMS[person, plural, gender] if gender else _UNKNOWN_GENDER
    return _FORMS[person, plural and person != 2, ""]  # "you" has no other plural
