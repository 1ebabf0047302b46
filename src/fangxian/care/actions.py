"""The verbs of care, by noun. What follows from them stands in the playbook alone."""

from fangxian.care.requesting import request_transfer

__all__ = ["request_transfer"]
