"""How a memory record is written in a prompt: one line, the same for every model (DESIGN section 3a).

Memory counts the cost of a record with it, the prompt builder prints with it, and the `gloss` backend reads it back.
"""

from types import MappingProxyType

from dragoman.core.records import Kind, MemoryRecord

__all__ = ["SECTIONS", "one_line", "render_item"]

# Order is the order of the prompt: what stays the same within a document comes first, for prefix caches.
SECTIONS = MappingProxyType(
    {
        Kind.RULE: "Rules",
        Kind.STYLE: "Style",
        Kind.ESSENCE: "About",
        Kind.ENTITY: "Names",
        Kind.ENTRY: "Words",
        Kind.EXEMPLAR: "Examples",
        Kind.TRACE: "Gloss",
    }
)

_DETAILS = MappingProxyType({Kind.ENTITY: ("gender", "type"), Kind.ENTRY: ("pos",)})


def one_line(text: str) -> str:
    """The text with every run of white space, line ends included, made one space."""
    return " ".join(text.split())


def render_item(record: MemoryRecord) -> str:
    """The record as one line of its section; a trace is rendered without its line number."""
    source, target, note = one_line(record.source), one_line(record.target), one_line(record.note)
    if record.kind is Kind.RULE:
        body = f"{source} => {target}" if record.attribute("rule") else f"{source}: {target}"
        return f"e.g. {body}" if record.attribute("rule") else body
    if record.kind is Kind.EXEMPLAR:
        return f"{source} => {target}"
    if record.kind in (Kind.ENTITY, Kind.ENTRY):
        details = [record.attribute(name) for name in _DETAILS[record.kind]] + [note]
        shown = ", ".join(detail for detail in details if detail)
        return f"{source} = {target} ({shown})" if shown else f"{source} = {target}"
    return target
