"""Analyses: each turns runs into a finding, that is a table, what a figure needs, and the facts of a verdict."""
