"""The drawing of the house: which part imports which, on what floor it stands, where it circles.

A room is a module; a package's own `__init__` is one when it holds more than its docstring. Each
package is drawn with what it is made of. A part stands one floor above the highest it imports; an
arrow comes from the importer, with the number of pairs of rooms behind it. Where parts import each
other in a circle, the weakest arrows are taken out until none is left: those run back up.

`--root DIR` draws another checkout with this same measure. Ends with 1 when there is a circle, of
rooms or of parts of one package.
"""

import argparse
import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOUSES = ("shared", "sandbox", "bench")
PORCH = "function_app"  # a module by itself; grimp reads packages only
OWN = "__init__"  # a package's own module among its parts

Arrows = dict[tuple[str, str], int]


def look(root: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return the rooms of the checkout in `root` with their lines, and who imports whom."""
    sys.path.insert(0, str(root))
    import grimp

    graph = grimp.build_graph(*(h for h in HOUSES if (root / h).is_dir()), cache_dir=None)
    modules = sorted(graph.modules)
    pairs = [(a, b) for a in modules for b in sorted(graph.find_modules_directly_imported_by(a))]
    if (root / f"{PORCH}.py").is_file():
        pairs += [(PORCH, target) for target in _imported(root / f"{PORCH}.py", set(modules))]
        modules.append(PORCH)
    lines = {module: _lines(root, module) for module in modules}
    return {module: count for module, count in lines.items() if count}, pairs


def _imported(path: Path, modules: set[str]) -> list[str]:
    """Return those of `modules` that a file imports."""
    named = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{name.name}" for name in node.names}
            named |= inner & modules or {str(node.module)}
    return sorted(named & modules)


def _lines(root: Path, module: str) -> int:
    """Return the number of lines of a module, 0 for a package that is only a folder."""
    path = root / (module.replace(".", "/") + ".py")
    package = root / module.replace(".", "/") / "__init__.py"
    text = (path if path.is_file() else package).read_text()
    if not path.is_file():
        body = ast.parse(text).body
        if not [s for s in body if not (isinstance(s, ast.Expr) and s is body[0])]:
            return 0
    return text.count("\n")


def circles(parts: Iterable[str], arrows: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the parts that reach themselves by arrows, those of one circle together."""
    ahead: dict[str, set[str]] = {part: set() for part in parts}
    for source, target in arrows:
        ahead[source].add(target)
    reached = {part: _reach(ahead, part) for part in ahead}
    found = {
        tuple(sorted(other for other in reached[part] if part in reached[other]))
        for part in ahead
        if part in reached[part]
    }
    return [list(circle) for circle in sorted(found)]


def _reach(ahead: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    todo = [start]
    while todo:
        new = ahead[todo.pop()] - reached
        reached |= new
        todo += new
    return reached


def back_up(parts: Iterable[str], arrows: Arrows) -> Arrows:
    """Return the arrows to take out, the weakest first, until no circle is left."""
    parts, kept = list(parts), dict(arrows)
    out: Arrows = {}
    while found := circles(parts, kept):
        inside = [a for a in kept for circle in found if {*a} <= {*circle}]
        weakest = min(inside, key=lambda arrow: (kept[arrow], arrow))
        out[weakest] = kept.pop(weakest)
    return out


def floors(parts: Iterable[str], arrows: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return the floor of each part; the arrows make no circle."""
    arrows = list(arrows)
    standing = dict.fromkeys(parts, 0)
    for _ in standing:
        for source, target in arrows:
            standing[source] = max(standing[source], standing[target] + 1)
    return standing


def draw(rooms: dict[str, int], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the drawing: every package with more than one part, "" for the whole, and circles."""
    inner = {".".join(room.split(".")[:n]) for room in rooms for n in range(room.count(".") + 1)}
    packages = {}
    for package in sorted(inner):
        inside = {room: part for room in rooms if (part := _part(room, package))}
        parts = sorted(set(inside.values()))
        if len(parts) < 2:  # noqa: PLR2004  # there is nothing between one part and itself
            continue
        arrows: Arrows = dict(
            Counter(
                (inside[a], inside[b])
                for a, b in pairs
                if a in inside and b in inside and inside[a] != inside[b]
            )
        )
        up = back_up(parts, arrows)
        standing = floors(parts, arrows.keys() - up.keys())
        packages[package] = {
            "parts": {
                part: {
                    "floor": standing[part],
                    "rooms": sum(p == part for p in inside.values()),
                    "lines": sum(rooms[r] for r, p in inside.items() if p == part),
                }
                for part in parts
            },
            "arrows": [[a, b, n] for (a, b), n in sorted(arrows.items())],
            "back_up": [[a, b, n] for (a, b), n in sorted(up.items())],
            "circles": circles(parts, arrows),
        }
    within = [(a, b) for a, b in pairs if a in rooms and b in rooms]
    return {"packages": packages, "circles": circles(rooms, within)}


def _part(room: str, package: str) -> str | None:
    """Return the part of a package that a room belongs to, None when it stands outside."""
    if not package:
        return room.partition(".")[0]
    if room == package:
        return OWN
    return room[len(package) + 1 :].partition(".")[0] if room.startswith(f"{package}.") else None


def report(drawing: dict[str, Any]) -> list[str]:
    """Return the lines that show a drawing."""
    shown = []
    for name, package in drawing["packages"].items():
        parts = package["parts"]
        rooms, lines = (sum(p[key] for p in parts.values()) for key in ("rooms", "lines"))
        shown.append(f"== {name or 'all'}: {rooms} rooms, {lines} lines ==")
        for part in sorted(parts, key=lambda p: (-parts[p]["floor"], p)):
            at = parts[part]
            targets = [f"{b} {n}" for a, b, n in package["arrows"] if a == part]
            size = f"{at['rooms']:4} rooms {at['lines']:6} lines"
            arrows = f"  -> {', '.join(targets)}" if targets else ""
            shown.append(f"floor {at['floor']:2} {part:24}{size}{arrows}")
        shown += [f"back up: {a} -> {b} {n}" for a, b, n in package["back_up"]]
        shown += [f"circle: {', '.join(circle)}" for circle in package["circles"]]
        shown.append("")
    shown += [f"circle of rooms: {', '.join(circle)}" for circle in drawing["circles"]]
    up, of_parts = (_count(drawing, key) for key in ("back_up", "circles"))
    of_rooms = len(drawing["circles"])
    return [
        *shown,
        f"{up} arrows run back up; {of_parts} circles of parts, {of_rooms} circles of rooms.",
    ]


def _count(drawing: dict[str, Any], key: str) -> int:
    return sum(len(package[key]) for package in drawing["packages"].values())


def main() -> int:
    """Print the drawing."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--root", type=Path, default=ROOT, help="another checkout to draw")
    options.add_argument("--json", action="store_true", help="the drawing as JSON")
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.inside:
        print(json.dumps(look(Path.cwd())))
        return 0
    # In a process of its own: grimp finds packages as Python imports them.
    command = [sys.executable, "-P", __file__, "--inside"]
    done = subprocess.run(command, cwd=chosen.root, check=True, stdout=subprocess.PIPE, text=True)
    rooms, pairs = json.loads(done.stdout)
    drawing = draw(rooms, [(a, b) for a, b in pairs])
    print(json.dumps(drawing) if chosen.json else "\n".join(report(drawing)))
    return 1 if drawing["circles"] or _count(drawing, "circles") else 0


if __name__ == "__main__":
    sys.exit(main())
