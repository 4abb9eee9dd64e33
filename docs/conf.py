"""How Sphinx builds the documentation: `nox -s docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_sphinx"))

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import mailerlite_async

project = "mailerlite-async"
copyright = "the authors of mailerlite-async, MIT licence"
version = release = mailerlite_async.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "aliases",
    "docstrings",
    "names",
    "resources",
]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["_build"]

# A link that leads nowhere is a warning, and the build takes warnings for errors.
nitpicky = True
nitpick_ignore_regex = [
    # The build needs no network, so it has no inventory of Python or of other packages to link to.
    (r"py:.*", r"(asyncio|collections|contextlib|date|datetime|os|pathlib|threading|types|typing)(\..*)?"),
    (r"py:.*", r"(aiohttp|httpx|starlette)(\..*)?"),
    # Type variables have no page.
    (r"py:(class|obj)", r"(.*\.)?T(_co)?"),
    # The faces of the emulator are said to be what they can be used as, an ASGI application and a transport of httpx.
    (r"py:class", r"mailerlite_async\.testing\.(_faces\.(AsgiApp|EmulatorTransport)|_exchange\.Exchange)"),
    # How a call decodes its answer is a matter of its builder.
    (r"py:class", r"mailerlite_async\._call\.Returns"),
]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
# The pages use relative links to each other, which a code host follows as well.
myst_links_external_new_tab = False

highlight_language = "text"
pygments_style = "friendly"
pygments_dark_style = "monokai"

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Asked by `nox -s docs -- --links` only. Examples lead nowhere.
linkcheck_ignore = [r"https?://127\.0\.0\.1.*", r"https?://([\w-]+\.)*example\.com.*"]
linkcheck_timeout = 20
linkcheck_retries = 2

copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = "mailerlite-async"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Let blocks of CSV be shown as they are; Pygments has no lexer for it."""
    app.add_lexer("csv", TextLexer)
