"""Names of the items a sentence can need: the common currency of needs, records and the simulated translator.

"entry:kofal" a dictionary entry by its headword, "rule:plural" a section of the grammar, "name:Tamok" a name's
rendering, "gender:Tamok" the gender of who bears it, "sense:sea" what the text is about, "exemplar:idiom" and
"exemplar:polite" a translated line that shows the fixed expression or the polite register.
"""

__all__ = ["IDIOM_KEY", "PIVOT_KEY", "POLITE_KEY", "entry_key", "gender_key", "name_key", "rule_key", "sense_key"]

IDIOM_KEY = "exemplar:idiom"
POLITE_KEY = "exemplar:polite"
PIVOT_KEY = "pivot:english"


def entry_key(stem: str) -> str:
    """The dictionary entry of a headword."""
    return f"entry:{stem}"


def rule_key(rule: str) -> str:
    """A section of the grammar; ids are in `grammar.RULES`."""
    return f"rule:{rule}"


def name_key(form: str) -> str:
    """The rendering of a name."""
    return f"name:{form}"


def gender_key(form: str) -> str:
    """The gender of the person with this name."""
    return f"gender:{form}"


def sense_key(topic: str) -> str:
    """An essence that tells the topic."""
    return f"sense:{topic}"
