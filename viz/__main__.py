"""``python -m ecocluster.viz``: the command line."""

from .cli import main

main()
