"""Figures and plain words of the analyses."""
