"""Sweeps: what varies (designs), how one run goes (trials), where results are kept (store), and the runner that joins them."""
