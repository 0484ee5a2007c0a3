"""The doctor: compare a checkpoint's configuration with its own weights, and put right what would spoil pictures.

Community repacks ship configurations of the wrong class, with missing keys, or with values that load well and draw
wrong pictures. What can be read off the tensors' names and shapes is taken from there; what cannot is judged by the
released model, and only where the shapes say that it is the released model. Nothing is written here, no weights are
read: ``RULES`` is the whole list.
"""

from .diagnosis import examine, mend
from .examination import FILE_RULES, Diagnosis, examine_file, examine_folder, write_mended
from .findings import Finding, Rule
from .rules import RULES

__all__ = [
    "FILE_RULES",
    "RULES",
    "Diagnosis",
    "Finding",
    "Rule",
    "examine",
    "examine_file",
    "examine_folder",
    "mend",
    "write_mended",
]
