"""Figures, words and pages of the analyses: one module for each, named like the analysis.

A module NAME.py has three functions of a `Finding` and `Words`, which `page.py` joins to terminal output and page:

    figure(finding, say) -> matplotlib.figure.Figure   drawn by `drawing.new_figure` under `@in_style`
    words(finding, say) -> list of str                 what was found, in plain sentences
    sheet(finding, say) -> Sheet                       the table for the reader (CSV has everything)

and these keys in a catalogue: `title.NAME`, `asks.NAME` (the question), `how.NAME` (the method), `caption.NAME`,
`help.NAME` for the command; sentences are `NAME.SENTENCE`. A finding says in `facts["failed"]` how many runs failed.
The command is a thin function in `viz/commands` around `commands.analyses.conduct`.
"""
