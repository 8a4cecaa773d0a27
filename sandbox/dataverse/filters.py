"""The text of a `$filter` parsed into a tree.

Never evaluates anything; rows and definitions bring their own meaning of a name.
"""

import re
from typing import Any

from sandbox.dataverse import errors, literals
from sandbox.dataverse.encoding import loads
from sandbox.dataverse.nodes import Call, Compare, Lambda, Logic, Node, Not, Path, Within

COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
MAX_DEPTH = 50
IN = "Microsoft.Dynamics.CRM.In"

_TOKEN = re.compile(
    rf"\s*(?:(?P<string>{literals.STRING})|(?P<mark>[(),\[\]])|(?P<word>[^\s(),\[\]']+"
    rf"(?:{literals.STRING})?))",
    re.DOTALL,
)
_ENUMERATED = re.compile(r"Microsoft\.Dynamics\.CRM\.\w+('[^']*')")
_STEPS = re.compile(r"\w+(?:/\w+)*")


def parse(text: str, aliases: dict[str, str]) -> Node:
    """Parse a filter.

    Args:
        text: the decoded option.
        aliases: parameter aliases of the same URL, `@p1` -> its raw value.

    Raises:
        DataverseError: 400 a syntax error; 501 an operator or function the sandbox lacks.
    """
    parser = _Parser(text, aliases)
    node = parser.disjunction()
    parser.finish()
    return node


class _Parser:
    def __init__(self, text: str, aliases: dict[str, str]) -> None:
        self.text = text
        self.aliases = aliases
        self.tokens = _tokens(text)
        self.position = 0
        self.depth = 0
        self.variables: list[str] = []

    def disjunction(self) -> Node:
        nodes = [self.conjunction()]
        while self.take("or"):
            nodes.append(self.conjunction())
        return nodes[0] if len(nodes) == 1 else Logic("or", tuple(nodes))

    def conjunction(self) -> Node:
        nodes = [self.negation()]
        while self.take("and"):
            nodes.append(self.negation())
        return nodes[0] if len(nodes) == 1 else Logic("and", tuple(nodes))

    def negation(self) -> Node:
        if self.take("not"):
            return Not(self.primary())
        return self.primary()

    def primary(self) -> Node:
        if self.take("("):
            return self.enclosed()
        name = self.peek()
        if self.peek(1) == "(" and name not in COMPARISONS:
            return self.call(name)
        left = self.operand()
        operator = self.next()
        if operator not in COMPARISONS:
            raise self.error(f"'{operator}' is not a comparison")
        return Compare(operator, left, self.operand())

    def enclosed(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("it is nested too deeply")
        node = self.disjunction()
        self.depth -= 1
        self.expect(")")
        return node

    def collection(self, name: str) -> Node:
        collection, _, operator = name.rpartition("/")
        path = self._path(collection)
        self.position += 2
        if operator == "any" and self.take(")"):
            return Lambda(operator, path, None)
        variable, colon, rest = self.next().partition(":")
        if not colon or not variable.isidentifier():
            raise self.error(f"{operator} takes a variable and a condition")
        if rest:
            self.position -= 1
            self.tokens[self.position] = rest
        self.variables.append(variable)
        inner = self.enclosed()
        self.variables.pop()
        return Lambda(operator, path, inner)

    def call(self, name: str) -> Node:
        if name in FUNCTIONS:
            self.position += 2
            path = self.path()
            self.expect(",")
            text = self.operand()
            self.expect(")")
            if type(text) is not str:
                raise self.error(f"{name} takes a text")
            return Call(name, path, text)
        if name.endswith(("/any", "/all")):
            return self.collection(name)
        if name == IN and not self.variables:
            self.position += 2
            return self.within()
        if name.startswith("Microsoft.Dynamics.CRM.") or "/" in name:
            raise errors.unsupported(f"the query function {name}")
        raise self.error(f"An unknown function with name '{name}' was found")

    def within(self) -> Node:
        arguments: dict[str, Any] = {}
        while True:
            name, _, first = self.next().partition("=")
            arguments[name] = self.argument(first)
            if not self.take(","):
                break
        self.expect(")")
        wanted = arguments.get("PropertyName")
        listed = arguments.get("PropertyValues")
        if arguments.keys() != {"PropertyName", "PropertyValues"} or not isinstance(listed, list):
            raise self.error(f"{IN} takes PropertyName and PropertyValues")
        return Within(Path((str(wanted),)), tuple(listed))

    def argument(self, first: str) -> Any:
        if first.startswith("@"):
            if first not in self.aliases:
                raise self.error(f"the parameter {first} is not given")
            return _alias(self.aliases[first])
        if first:
            return _literal(first, self)
        if not self.take("["):
            return _literal(self.next(), self)
        listed = []
        while not self.take("]"):
            listed.append(_listed(self.next(), self))
            self.take(",")
        return listed

    def operand(self) -> Any:
        token = self.next()
        if token.startswith("@"):
            if token not in self.aliases:
                raise self.error(f"the parameter {token} is not given")
            token = self.aliases[token]
        enumerated = _ENUMERATED.fullmatch(token)
        if enumerated:
            token = enumerated[1]
        try:
            return literals.parse(token)
        except ValueError:
            return self._path(token)

    def path(self) -> Path:
        return self._path(self.next())

    def _path(self, token: str) -> Path:
        if not _STEPS.fullmatch(token):
            raise self.error(f"'{token}' is not understood")
        steps = token.split("/")
        if self.variables:
            # Only the innermost variable: that is all the documents show.
            if steps[0] != self.variables[-1] or len(steps) == 1:
                raise self.error(f"'{token}' does not begin with '{self.variables[-1]}/'")
            del steps[0]
        return Path(tuple(steps))

    def peek(self, ahead: int = 0) -> str:
        where = self.position + ahead
        return self.tokens[where] if where < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        if not token:
            raise self.error("it ends too early")
        self.position += 1
        return token

    def take(self, token: str) -> bool:
        if self.peek() == token:
            self.position += 1
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise self.error(f"'{token}' expected, found '{self.peek()}'")

    def finish(self) -> None:
        if self.peek():
            raise self.error(f"'{self.peek()}' is one too many")

    def error(self, why: str) -> errors.DataverseError:
        return errors.request(f"Syntax error in the filter '{self.text}': {why}.")


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise errors.request(f"There is an unterminated literal in the filter '{text}'.")
        tokens.append(match["string"] or match["mark"] or match["word"])
        position = match.end()
    return tokens


def _literal(token: str, parser: _Parser) -> Any:
    try:
        return literals.parse(token)
    except ValueError:
        raise parser.error(f"'{token}' is not a literal") from None


def _listed(token: str, parser: _Parser) -> Any:
    """Read one value of a list; Dataverse takes texts in double quotes there, and in single."""
    if len(token) > 1 and token[0] == token[-1] == '"':
        return token[1:-1]
    return _literal(token, parser)


def _alias(raw: str) -> Any:
    """Read a parameter alias: a JSON list with double quotes, or a literal."""
    if raw.startswith("["):
        return loads(raw.encode())
    try:
        return literals.parse(raw)
    except ValueError:
        raise errors.request(f"The parameter value '{raw}' is not a literal.") from None
