"""The HTML report: one self-contained file that shows, line by line, what context was offered, chosen and why."""

from dragoman.report.data import DocumentReport
from dragoman.report.render import REPORT_MARK, render_report, write_report

__all__ = ["REPORT_MARK", "DocumentReport", "render_report", "write_report"]
