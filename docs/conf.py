"""How Sphinx makes the site of what `docs/build.py` has gathered."""

project = "AutoChain"
extensions = ["myst_parser"]
exclude_patterns = ["build.py", "conf.py"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "AutoChain"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
