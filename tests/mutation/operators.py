"""Mutants of Python source: every one changes a single operator, constant, condition or call."""

import ast
import re
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_COMBINED: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_OPPOSITE_CALLS = {
    one: other
    for pair in (
        ("min", "max"),
        ("any", "all"),
        ("first", "last"),
        ("head", "tail"),
        ("floor", "ceil"),
        ("cum_min", "cum_max"),
        ("min_horizontal", "max_horizontal"),
        ("any_horizontal", "all_horizontal"),
        ("forward_fill", "backward_fill"),
        ("is_null", "is_not_null"),
        ("startswith", "endswith"),
        ("starts_with", "ends_with"),
        ("arg_min", "arg_max"),
    )
    for one, other in (pair, pair[::-1])
}
_KEYWORDS = {
    "how": {"left": "inner", "inner": "left", "semi": "anti", "anti": "semi", "full": "left"},
    "closed": {"left": "right", "right": "left", "both": "none", "none": "both"},
    "side": {"left": "right", "right": "left"},
    "strategy": {"backward": "forward", "forward": "backward", "nearest": "backward"},
    "keep": {"first": "last", "last": "first", "any": "none", "none": "any"},
    "method": {"min": "max", "max": "min", "dense": "ordinal", "ordinal": "dense"},
}
_REMOVABLE = frozenset(
    {
        *("abs", "ceil", "clip", "floor", "round", "fill_nan", "fill_null", "drop_nans", "drop_nulls"),
        *("distinct", "explode", "filter", "reverse", "sort", "unique"),
        *("cum_max", "cum_sum", "diff", "over", "shift"),
        *("casefold", "lower", "replace", "replace_all", "strip", "strip_chars", "to_lowercase", "upper"),
    }
)
"""Methods without which an expression or a frame still is one."""
_SQL = re.compile(r"\b(select|where|delete|insert|from|coalesce)\b|\? (and|or) ")
_SQL_WORDS = {
    r">=": ">",
    r"<=": "<",
    r"(?<![<>=!-])>(?![=>])": ">=",
    r"(?<![<>=!-])<(?![=>])": "<=",
    r"(?<![<>=!])=(?![=>])": "<>",
    r"\band\b": "or",
    r"\bor\b": "and",
    r"\bnot ": "",
    r"\bleft join\b": "join",
    r"\bmin\(": "max(",
    r"\bmax\(": "min(",
    r"\basc\b": "desc",
    r"\bdesc\b": "asc",
    r"\bdistinct ": "",
    r"\blimit 1\b": "limit 2",
    r"\bfalse\b": "true",
    r"\btrue\b": "false",
}


@dataclass(frozen=True)
class Mutant:
    """One change: the characters from `start` to `end` of the source become `text`."""

    start: int
    end: int
    text: str
    line: int
    function: str
    """The function or class it lies in, dotted; empty at the level of the module."""
    before: str
    """The lines that it changes, as one line of single spaces."""
    after: str

    def applied(self, source: str) -> str:
        """The source with the change."""
        return source[: self.start] + self.text + source[self.end :]


def mutants(source: str) -> list[Mutant]:
    """Every mutant of the source that is still Python, in the order of the text."""
    found = _Finder(source)
    found.visit(ast.parse(source))
    made = {}
    for start, end, text, function in sorted(found.changes):
        mutant = _mutant(source, start, end, text, function)
        if _compiles(mutant.applied(source)):
            made[mutant.start, mutant.end, mutant.text] = mutant
    return list(made.values())


def _mutant(source: str, start: int, end: int, text: str, function: str) -> Mutant:
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", end)
    last = len(source) if last < 0 else last
    before, after = source[first:last], source[first:start] + text + source[end:last]
    line = source.count("\n", 0, start) + 1
    return Mutant(start, end, text, line, function, " ".join(before.split()), " ".join(after.split()))


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class _Finder(ast.NodeVisitor):
    """Collects changes as (start, end, text, function)."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.changes: list[tuple[int, int, str, str]] = []
        self._inside: list[str] = []
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._texts = source.splitlines()

    def _at(self, line: int, column: int) -> int:
        """Place in the source of a line and a column, which `ast` counts in bytes of UTF-8."""
        return self._lines[line - 1] + len(self._texts[line - 1].encode()[:column].decode())

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def _change(self, start: int, end: int, text: str) -> None:
        self.changes.append((start, end, text, ".".join(self._inside)))

    def _operator(self, left: ast.expr, right: ast.expr, change: tuple[str, str]) -> None:
        """Put the second operator in the place of the first, which stands between two operands."""
        start, end = self._span(left)[1], self._span(right)[0]
        pattern = r"\s+".join(map(re.escape, change[0].split()))
        found = re.search(pattern, _without_comments(self.source[start:end]))
        if found:
            self._change(start + found.start(), start + found.end(), change[1])

    def _negate(self, condition: ast.expr) -> None:
        if not (isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not)):
            start, end = self._span(condition)
            self._change(start, end, f"(not ({self.source[start:end]}))")

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._inside.append(node.name)
        for child in node.body:
            self.visit(child)
        if not isinstance(node, ast.ClassDef):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.visit(default)
        self._inside.pop()

    visit_FunctionDef = _named  # noqa: N815  # the names are those of `ast`
    visit_AsyncFunctionDef = _named  # noqa: N815
    visit_ClassDef = _named  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The value, and not its type."""
        if node.value is not None:
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Each comparison, with the bound in or out, or turned round."""
        for left, right, sign in zip(
            [node.left, *node.comparators[:-1]], node.comparators, node.ops, strict=True
        ):
            self._operator(left, right, _COMPARED[type(sign)])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """The opposite arithmetic, or `and` for `or` of expressions."""
        if type(node.op) in _COMBINED:
            self._operator(node.left, node.right, _COMBINED[type(node.op)])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The opposite arithmetic."""
        if type(node.op) in _COMBINED:
            self._operator(node.target, node.value, _COMBINED[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """`and` for `or`, one at a time."""
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._operator(left, right, words)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """Without `not`, `~` or the sign."""
        self._change(self._span(node)[0], self._span(node.operand)[0], "")
        self.generic_visit(node)

    def _conditional(self, node: ast.If | ast.While | ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    visit_If = _conditional  # noqa: N815
    visit_While = _conditional  # noqa: N815
    visit_IfExp = _conditional  # noqa: N815

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """Each condition turned round."""
        for condition in node.ifs:
            self._negate(condition)
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Nothing: what an assertion says is not behaviour."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """Nothing: words for people are not worth a mutant each."""

    def visit_Constant(self, node: ast.Constant) -> None:
        """Whole numbers one more and one less, truth turned round, decimals half as much again."""
        start, end = self._span(node)
        if isinstance(node.value, bool):
            self._change(start, end, str(not node.value))
        elif isinstance(node.value, int):
            self._change(start, end, str(node.value + 1))
            self._change(start, end, str(node.value - 1))
        elif isinstance(node.value, float):
            self._change(start, end, str(node.value * 1.5 + 0.5 * (node.value == 0)))
        elif isinstance(node.value, str):
            self._sql(start, end)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """SQL, and what is put into a text."""
        self._sql(*self._span(node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _sql(self, start: int, end: int) -> None:
        text = self.source[start:end]
        if not _SQL.search(text.lower()) and text.strip("\"'") not in ("true", "false"):
            return
        for pattern, replacement in _SQL_WORDS.items():
            for found in re.finditer(pattern, text, re.IGNORECASE):
                if not _in_braces(text, found.start()):
                    self._change(start + found.start(), start + found.end(), replacement)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call made for what it does is left out; a docstring says nothing to change."""
        if isinstance(node.value, ast.Constant):
            return
        if isinstance(node.value, ast.Call):
            self._change(*self._span(node), "pass")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """The opposite function, the other word for a keyword, or the expression without the step."""
        name = node.func
        if isinstance(name, ast.Name) and name.id in _OPPOSITE_CALLS:
            self._change(*self._span(name), _OPPOSITE_CALLS[name.id])
        if isinstance(name, ast.Attribute):
            end = self._span(name)[1]
            if name.attr in _OPPOSITE_CALLS:
                self._change(end - len(name.attr), end, _OPPOSITE_CALLS[name.attr])
            if name.attr in _REMOVABLE:
                self._change(self._span(name.value)[1], self._span(node)[1], "")
        for keyword in node.keywords:
            words = _KEYWORDS.get(keyword.arg or "", {})
            word = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if isinstance(word, str) and word in words:
                self._change(*self._span(keyword.value), f'"{words[word]}"')
        self.generic_visit(node)


def _without_comments(text: str) -> str:
    """The text with blanks for its comments, at the same places."""
    return re.sub(r"#[^\n]*", lambda found: " " * len(found.group()), text)


def _in_braces(text: str, place: int) -> bool:
    """Whether a place of an f-string lies in what is put into it."""
    return text.count("{", 0, place) > text.count("}", 0, place)
