"""Sphinx's configuration of the site: `make docs` builds it into `build/docs`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]

from verifier import __version__  # noqa: E402

project = "verify"
author = "The verify maintainers"
copyright = "The verify maintainers, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "generated"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext"]
root_doc = "index"

html_theme = "furo"
html_title = "verify"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True, "sidebar_hide_name": False}
html_show_sourcelink = False
html_copy_source = False
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False

# Every reference of a page is checked. The names of types in docstrings belong to no page.
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]
