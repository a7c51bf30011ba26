"""SimLang: languages made from a seed, documents in them, and what a reader of each sentence needs.

Nobody's training data contains these languages, every sentence knows its exact needs, and the same seed gives the same
bytes on any machine. What is simulated is the language, not a model; see `dragoman.training.simulated` for that.
"""

from dragoman.training.simlang.documents import SimDocument, SimSentence, generate_document
from dragoman.training.simlang.folder import FILE_NAMES, SimFolder, write_folder
from dragoman.training.simlang.language import SimLanguage, generate_language
from dragoman.training.simlang.packs import pack

__all__ = [
    "FILE_NAMES",
    "SimDocument",
    "SimFolder",
    "SimLanguage",
    "SimSentence",
    "generate_document",
    "generate_language",
    "pack",
    "write_folder",
]
