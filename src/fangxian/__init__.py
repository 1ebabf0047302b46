"""Fangxian (防线): the operating system of a district's line of defence against an outbreak."""

__version__ = "0.1.0"
