"""What a submission may not do: read from its source, counted among its tensor operations, measured in memory."""

from grader.rules.breach import Breach
from grader.rules.memory import MEGABYTE, Taken, given, memory_breach, refused
from grader.rules.operations import Counts, forbidden_breach, growth, growth_breach, may_be_seen
from grader.rules.source import SourceReader, about_source, loops_in_words, own_modules, read_sources, source_breach

__all__ = [
    "MEGABYTE",
    "Breach",
    "Counts",
    "SourceReader",
    "Taken",
    "about_source",
    "forbidden_breach",
    "given",
    "growth",
    "growth_breach",
    "loops_in_words",
    "may_be_seen",
    "memory_breach",
    "own_modules",
    "read_sources",
    "refused",
    "source_breach",
]
