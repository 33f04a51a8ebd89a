"""The phases of a step: loops over the arrays that call the rules, one file per phase, in the order of the step."""
