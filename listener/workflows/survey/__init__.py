"""Reads all that a digest may say of a period: one module a part, figures from one query layer."""

from listener.workflows.survey.surveyor import Surveyor

__all__ = ["Surveyor"]
