"""How Sphinx makes the site of what tools/docs_site.py puts together: offline, whole, strict."""

from importlib import metadata

project = "Tianfu 天府"
version = release = metadata.version("tianfu")
language = "en"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
# A link into the middle of a page is checked too.
myst_heading_anchors = 4
# Quotation marks in a command are the command's.
smartquotes = False
nitpicky = True
# Examples are shown as they are; a lexer that can't read one is no fault of the page.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
# The same source makes the same bytes on every day.
html_last_updated_fmt = None
