"""Fingerprint: what a script's results depend on beyond its inputs and parameters: the meaning of its code.

Snakemake reruns a job when its `script:` changes, but sees neither the modules that the script imports nor the
versions of the packages. A fingerprint of both, given to each rule as a parameter, closes the hole.
"""

import ast
import codecs
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


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
    for path in sorted(local_files(script)):
        parts.append(f"{path.relative_to(script.parent)} {_parsed(path)[0]}")
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
    reached, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += [found for name in _parsed(path)[1] for found in _local(name, script.parent)]
    return reached


def packages(script: Path) -> set[str]:
    """Top-level names of the third-party packages that the script or its local modules import."""
    names = {
        name.partition(".")[0]
        for path in local_files(script)
        for name in _parsed(path)[1]
        if not _local(name, script.parent)
    }
    local = {path.stem for path in script.parent.iterdir()}
    return names - set(sys.stdlib_module_names) - local


@cache
def version(package: str) -> str:
    """The installed version of the distribution that an import name belongs to."""
    return metadata.version(DISTRIBUTIONS.get(package, package))


@cache
def _parsed(path: Path) -> tuple[str, frozenset[str]]:
    """The `_meaning` and the `_imports` of a file; the syntax tree is let go, which kept is a cost at the end."""
    tree = ast.parse(path.read_bytes(), filename=str(path))  # bytes, which may begin with a mark of UTF-8
    imports = _imports(tree, _package(path))
    return _meaning(tree), imports


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
def _local(name: str, folder: Path) -> list[Path]:
    """The files that importing this dotted name runs, if it is local: packages' `__init__.py` and the module."""
    steps = name.split(".")
    found = [folder.joinpath(*steps[:depth], "__init__.py") for depth in range(1, len(steps) + 1)]
    found.append(folder.joinpath(*steps).with_suffix(".py"))
    return [path for path in found if path.exists()]
