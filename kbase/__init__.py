"""A knowledge base for Jupyter: files in, questions routed, answers with citations that can be checked."""

__version__ = "0.1.0"
