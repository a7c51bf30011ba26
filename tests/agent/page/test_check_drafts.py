"""Checks find the faults they name and leave honest translations alone, in any script."""

import pytest

from dragoman.agent.check import Checks, check_drafts
from dragoman.agent.drafts import Draft, best_drafts, draft_from_plain, draft_to_plain, faulty, line_result
from dragoman.core.document import Page, Segment
from dragoman.core.languages import ENGLISH, Language, parse_language
from dragoman.core.records import Kind, MemoryRecord
from dragoman.core.trajectory import Issue, IssueCode
from dragoman.memory.entities import Rendering, resolve_all


def names(*pairs: tuple[str, str], confidence: float = 0.9) -> tuple[Rendering, ...]:
    records = [MemoryRecord(Kind.ENTITY, *pair, confidence=confidence, version=1) for pair in pairs]
    return tuple(resolve_all(records).values())


def checks(*sources: str, source: str = "en", target: str = "de", known: tuple[Rendering, ...] = ()) -> Checks:
    page = Page(0, tuple(Segment(f"s{n}", text) for n, text in enumerate(sources, start=1)))
    return Checks(page, parse_language(source), parse_language(target), known)


def codes(found: tuple[Draft, ...]) -> list[list[IssueCode]]:
    return [[issue.code for issue in draft.issues] for draft in found]


GOOD = {
    "translated": ("en", "de", "The house is green.", "Das Haus ist grün."),
    "tags moved": ("en", "de", "<g1>Green</g1> is <x2/>.", "<x2/> ist <g1>grün</g1>."),
    "number with other separators": ("en", "de", "It costs 1,234.50 today.", "Es kostet heute 1.234,50."),
    "number in other digits": ("en", "ar", "There were 25 of them.", "كان هناك ٢٥ منهم."),
    "small number as a word": ("en", "de", "There were 3 of them.", "Es waren drei."),
    "number in parts": ("en", "fr", "We met at 8:00 today.", "Nous nous sommes vus à 8 h 00."),
    "number in other units": ("en", "zh", "There were 100,000 of them.", "有10万个。"),
    "number out of other units": ("zh", "en", "有10万个。", "There were 100,000 of them."),
    "one word the same": ("en", "de", "Berlin", "Berlin"),
    "no letters": ("en", "de", "* * *", "* * *"),
    "same language": ("de", "de", "Das bleibt so stehen.", "Das bleibt so stehen."),
    "one Latin name in Russian": ("en", "ru", "Microsoft", "Microsoft"),
    "Russian with a Latin name": ("en", "ru", "I like Microsoft a lot.", "Мне очень нравится Microsoft."),
    "unknown script": ("en", "x-simlish", "The house is green.", "Ves no dru."),
    "two scripts in use": ("en", "sr", "The house is green.", "Kuća je zelena."),
    "Chinese is short": ("en", "zh", "The house on the hill is green and very old.", "山上的房子是绿色的，很旧。"),
    "Japanese in three scripts": ("en", "ja", "I drink coffee.", "私はコーヒーを飲みます。"),
    "Korean": ("en", "ko", "The house is green.", "집은 초록색이다."),
    "Thai": ("en", "th", "The house is green.", "บ้านเป็นสีเขียว"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_honest_translations_have_no_issue(name: str) -> None:
    source_language, target_language, source, text = GOOD[name]
    inputs = checks(source, source=source_language, target=target_language)
    assert check_drafts(inputs, [Draft(1, text)])[0].issues == ()


BAD = {
    "no line": ("en", "de", "The house.", None, IssueCode.MISSING, "the answer had no line"),
    "empty": ("en", "de", "The house.", "", IssueCode.EMPTY, "empty"),
    "spaces": ("en", "de", "The house.", " \u3000", IssueCode.EMPTY, "empty"),
    "tag lost": ("en", "de", "See <x1/> now.", "Siehe jetzt.", IssueCode.TAGS, "lost <x1/>"),
    "tag added": ("en", "de", "See it now.", "Siehe <x1/>.", IssueCode.TAGS, "added <x1/>"),
    "badly nested": ("en", "de", "<g1>a b</g1> c", "</g1>x y<g1> z", IssueCode.TAGS, "</g1>"),
    "number lost": ("en", "de", "In 1914 it burned.", "Damals brannte es.", IssueCode.NUMBERS, "1914"),
    "number changed": ("en", "de", "In 1914 it burned.", "1941 brannte es.", IssueCode.NUMBERS, "1914"),
    "copy": ("en", "de", "The house is green.", "the house is  green.", IssueCode.COPY, "repeats its source"),
    "copy without spaces": ("zh", "en", "房子是绿色的", "房子是绿色的", IssueCode.COPY, "repeats its source"),
    "wrong script": ("en", "ru", "The house is green.", "Dom zelenyj.", IssueCode.LANGUAGE, "Cyrl"),
    "far too short": ("en", "de", "The house on the hill is green and very old.", "So", IssueCode.LENGTH, "too short"),
    "far too long": ("en", "de", "No, no, she said.", "Nein " * 60, IssueCode.LENGTH, "too long"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_each_fault_has_its_code_and_one_line_that_says_what_is_wrong(name: str) -> None:
    source_language, target_language, source, text, code, words = BAD[name]
    inputs = checks(source, source=source_language, target=target_language)
    issues = {issue.code: issue for issue in check_drafts(inputs, [Draft(1, text)])[0].issues}
    assert words in issues[code].message
    assert "\n" not in issues[code].message
    assert issues[code].segment_id == "s1"


def test_a_cut_line_and_a_failed_call_are_named() -> None:
    inputs = checks("The house is green and very old.", "It is old.")
    found = check_drafts(inputs, [Draft(1, "Das", cut=True), Draft(2, None, error="does not fit")])
    assert codes(found) == [[IssueCode.TRUNCATED], [IssueCode.BACKEND]]


@pytest.mark.parametrize(
    ("source", "text", "faulty"),
    [
        ("Tamok went home.", "Thomas ging heim.", False),
        ("Tamok went home.", "Thomasens Heimweg.", False),
        ("Tamok went home.", "Tom ging heim.", True),
        ("Tamok's dog ran.", "Der Hund lief.", True),
        ("Nobody went home.", "Niemand ging heim.", False),
        ("The tamoking was long.", "Das dauerte lang.", False),
    ],
)
def test_names_are_rendered_as_memory_says(source: str, text: str, faulty: bool) -> None:
    found = check_drafts(checks(source, known=names(("Tamok", "Thomas"))), [Draft(1, text)])
    assert codes(found) == [[IssueCode.ENTITY] if faulty else []]


def test_names_memory_is_unsure_of_are_not_enforced() -> None:
    document_checks = checks("Tamok went home.")
    unsure = names(("Tamok", "Thomas"), confidence=0.4)
    kept = Checks.of(_Document(), document_checks.page, unsure).names  # type: ignore[arg-type] # two fields of one
    assert kept == ()


class _Document:
    source_language = ENGLISH
    target_language = Language("de", "German")


def test_a_copy_made_of_unchanged_names_is_right() -> None:
    known = names(("Anna Karenina", "Anna Karenina"))
    assert codes(check_drafts(checks("Anna Karenina", known=known), [Draft(1, "Anna Karenina")])) == [[]]


def test_length_is_judged_by_the_ratio_of_the_whole_page() -> None:
    long = "a house on the hill that is green and very old indeed"
    inputs = checks(long, long, long, long)
    usual = "房子在山上是绿色的很旧的"
    found = check_drafts(inputs, [Draft(n, usual) for n in (1, 2, 3)] + [Draft(4, "房")])
    assert [IssueCode.LENGTH in line for line in codes(found)] == [False, False, False, True]


def issue(code: IssueCode) -> Issue:
    return Issue("s1", code, code.value)


def test_the_draft_with_less_severe_issues_is_kept_and_counts_the_repairs() -> None:
    copy, length = (issue(IssueCode.COPY),), (issue(IssueCode.LENGTH),)
    old, new = Draft(1, "old", issues=copy), Draft(1, "new", issues=length, repairs=1)
    assert best_drafts([old], [new]) == (new,)
    kept = best_drafts([Draft(1, "old", issues=length)], [Draft(1, "new", issues=copy, repairs=1)])
    assert (kept[0].text, kept[0].issues, kept[0].repairs) == ("old", length, 1)
    assert best_drafts([old], [Draft(1, "equal", issues=copy, repairs=1)])[0].text == "old"


def test_nothing_is_worse_than_any_text() -> None:
    all_others = tuple(issue(code) for code in IssueCode if code.value not in ("missing", "empty", "backend"))
    nothing = Draft(1, None, issues=(issue(IssueCode.MISSING),))
    assert best_drafts([nothing], [Draft(1, "bad", issues=all_others)])[0].text == "bad"


@pytest.mark.parametrize("text", [None, "", "  "])
def test_the_source_stands_where_nothing_came_and_the_line_counts_as_failed(text: str | None) -> None:
    result = line_result(Segment("s1", "The house."), Draft(1, text, issues=(issue(IssueCode.MISSING),)))
    assert (result.translation, result.failed) == ("The house.", True)


def test_lines_that_fit_no_call_are_not_repaired() -> None:
    failed = Draft(1, None, error="too long", issues=(issue(IssueCode.BACKEND),))
    assert faulty([failed, Draft(2, "x"), Draft(3, "y", issues=(issue(IssueCode.TAGS),))])[0].number == 3


def test_drafts_survive_being_made_plain() -> None:
    draft = Draft(3, "tëxt", cut=True, error="e", issues=(issue(IssueCode.TAGS),), repairs=2)
    assert draft_from_plain(draft_to_plain(draft)) == draft
