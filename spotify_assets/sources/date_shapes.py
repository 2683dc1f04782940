"""How dates of release are written, for those who read them and those who judge them."""

ISO_DATE = r"^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?(?:[T ].*|\.0)?$"
UNKNOWN_DATE = r"^0+(?:-0+)*$"
