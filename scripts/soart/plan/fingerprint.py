"""Fingerprint: what a script's results depend on beyond its inputs and parameters: the meaning of its code.

Snakemake reruns a job when its `script:` changes, but sees neither the modules that the script imports nor the
versions of the packages. A fingerprint of both, given to each rule as a parameter, closes the hole.
"""

import ast
import atexit
import codecs
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}

_remembered: dict[str, tuple[str, list[str]]] = {}  # of modules by their content: meaning and imports, from a file
_asked: dict[str, tuple[str, list[str]]] = {}  # likewise, what this process has asked for


def fingerprint(script: Path) -> str:
    """SHA-256 over the script, every local module that it imports directly or not, and the packages' versions.

    Comments, docstrings and layout do not count; anything else in a file does. Raises `ValueError` where the script
    begins with a byte-order mark, and `SyntaxError` where one of the files is no Python.
    """
    if script.read_bytes().startswith(codecs.BOM_UTF8):
        raise ValueError(
            f"{script}: expected UTF-8 without a byte-order mark, got one, which Python refuses where Snakemake "
            "copies the script to; save it without"
        )
    parts = []
    for path in _reached(str(script)):
        parts.append(f"{os.path.relpath(path, script.parent)} {_parsed(path)[0]}")
    for name in sorted(packages(script)):
        parts.append(f"{name} {version(name)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def folder_digest(folder: Path, endings: tuple[str, ...]) -> str:
    """Return SHA-256 over the files of a folder with some endings: data of the code, which no fingerprint sees.

    Other files, such as an editor's swap file, do not count.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in endings and not path.name.startswith("."):
            digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def local_files(script: Path) -> set[Path]:
    """The script and all local modules that it reaches by imports (below the script's own folder)."""
    return set(map(Path, _reached(str(script))))


def packages(script: Path) -> set[str]:
    """Top-level names of the third-party packages that the script or its local modules import."""
    folder = os.path.dirname(script)
    names = set().union(*(_neighbours(path, folder)[1] for path in _reached(str(script))))
    return names - sys.stdlib_module_names - {name.partition(".")[0] for name in os.listdir(folder)}


@cache
def _reached(script: str) -> list[str]:
    """The paths of `local_files`; as text, because a `Path` is slow to compare."""
    folder, reached, waiting = os.path.dirname(script), set(), [script]
    while waiting:
        if (path := waiting.pop()) not in reached:
            reached.add(path)
            waiting += _neighbours(path, folder)[0]
    return sorted(reached)


@cache
def _neighbours(path: str, folder: str) -> tuple[set[str], set[str]]:
    """The local files that a file imports itself, and the top-level names of what it imports from elsewhere."""
    found = {name: _local(name, folder) for name in _parsed(path)[1]}
    return set().union(*found.values()), {name.partition(".")[0] for name, files in found.items() if not files}


@cache
def version(package: str) -> str:
    """The installed version of the distribution that an import name belongs to."""
    return metadata.version(DISTRIBUTIONS.get(package, package))


@cache
def _parsed(path: str) -> tuple[str, list[str]]:
    """The `_meaning` and the `_imports` of a file; the syntax tree is let go, which kept is a cost at the end."""
    content, package = Path(path).read_bytes(), _package(Path(path))
    key = hashlib.sha256(content + f"\0{package}{sys.version}{_own()}".encode()).hexdigest()
    if (known := _remembered.get(key)) is None:
        tree = ast.parse(content, filename=path)  # bytes, which may begin with a mark of UTF-8
        imports = sorted(_imports(tree, package))
        known = _meaning(tree), imports
    _asked[key] = known
    return known


@cache
def _own() -> str:
    """A hash of this module, which says what a meaning is."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def remember(path: str | Path) -> None:
    """Take from a file what a former process knew of modules, by their content; at the end write there what this knows.

    Parsing is most of what a start with nothing to do costs beside Snakemake. What is kept of other content is of no
    use and no harm.
    """
    with suppress(OSError, ValueError, TypeError):  # none yet, or damaged
        _remembered.update(json.loads(Path(path).read_text(encoding="utf-8")))
    atexit.register(_keep, path)


def _keep(path: str | Path) -> None:
    if _asked.keys() <= _remembered.keys():
        return
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError):  # no folder, or one that cannot be written to
        Path(temporary).write_text(json.dumps(_asked), encoding="utf-8")
        os.replace(temporary, path)


def _meaning(tree: ast.Module) -> str:
    """The tree without docstrings, which are cut out of it, and line numbers, hashed."""
    for node in _statements(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement of a module; expressions, which hold neither imports nor docstrings, are most of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for blocks in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, blocks, ())


def _imports(tree: ast.Module, package: list[str]) -> frozenset[str]:
    """Dotted names that a file imports, `from a import b` as both `a` and `a.b`; relative ones made absolute."""
    found = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return frozenset(found)


def _package(path: Path) -> list[str]:
    """The names of the packages that a file is in, the outermost first."""
    inside = []
    for folder in path.parents:
        if not (folder / "__init__.py").exists():
            break
        inside.append(folder.name)
    return inside[::-1]


@cache
def _local(name: str, folder: str) -> list[str]:
    """The files that importing this dotted name runs, if it is local: packages' `__init__.py` and the module."""
    steps = name.split(".")
    found = [os.path.join(folder, *steps[:depth], "__init__.py") for depth in range(1, len(steps) + 1)]
    found.append(os.path.join(folder, *steps) + ".py")
    return list(filter(os.path.exists, found))
