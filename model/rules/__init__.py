"""The rules of the model: pure scalar functions, one file per sub-model of the specification.

`p` is always the record of parameters (`ecocluster.model.parameters.parameter_record`), `lever` a record of
levers (`ecocluster.model.levers.LEVER_DTYPE`). Rules draw no random numbers and write no state: they can be
read beside the paper and tested alone.
"""
