"""Nothing is hidden here."""

from checks import checks

assert checks
