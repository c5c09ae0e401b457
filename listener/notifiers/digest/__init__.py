"""The digest in words, figures and charts, before a channel lays it out."""

from listener.notifiers.digest.content import digest_content

__all__ = ["digest_content"]
