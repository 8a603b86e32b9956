"""What goes into the distribution, what an import costs, and which extras it needs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from structure_support import FRAMEWORKS, ROOT, imported, modules

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

PACKAGES = ("engine/laconic", "integrations/langchain_laconic", "integrations/llama_index/postprocessor/laconic")


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_has_the_three_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"laconic", "langchain_laconic", "llama_index"}
    assert sorted(name for name in names if name.endswith("py.typed")) == [
        "laconic/py.typed",
        "langchain_laconic/py.typed",
        "llama_index/postprocessor/laconic/py.typed",
    ]
    assert not [name for name in names if re.match(r"llama_index/(__init__|postprocessor/__init__)", name)]
    for package in PACKAGES:
        source = ROOT / package
        prefix = package.split("/", 1)[1]
        for path in source.rglob("*.py"):
            assert f"{prefix}/{path.relative_to(source).as_posix()}" in names


def test_the_wheel_has_the_data_and_the_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    data = [path for path in (ROOT / "engine/laconic").rglob("data/*") if path.is_file()]
    assert data
    for path in data:
        assert path.relative_to(ROOT / "engine").as_posix() in names
    assert {Path(name).name for name in names if "/licenses/" in name} >= {"LICENSE", "NOTICE"}


def test_the_wheel_is_importable_beside_llama_index(wheel, tmp_path):
    """Unpacked like an installed wheel, not the editable checkout."""
    pytest.importorskip("llama_index.core")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys; ours = ({str(ROOT / 'engine')!r}, {str(ROOT / 'integrations')!r})\n"
        f"sys.path = [{str(tmp_path)!r}] + [path for path in sys.path if not path.startswith(ours)]\n"
        "import laconic, llama_index.core, llama_index.postprocessor.laconic as ours\n"
        f"assert laconic.__file__.startswith({str(tmp_path)!r}), laconic.__file__\n"
        f"assert ours.__file__.startswith({str(tmp_path)!r}), ours.__file__\n"
        "print(ours.LaconicPostprocessor(max_tokens=3).class_name())"
    )
    found = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert found.stdout.strip() == "LaconicPostprocessor", found.stderr


def test_namespace_folders_have_no_init():
    """With one, the folder would shadow the installed llama_index.core."""
    for folder in ("integrations", "integrations/llama_index", "integrations/llama_index/postprocessor"):
        assert not (ROOT / folder / "__init__.py").exists()


def test_every_package_is_typed():
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").exists()
        assert (ROOT / package / "__init__.py").exists()


def test_import_laconic_is_light():
    """Its types too, which every module needs."""
    code = "import sys, laconic.types; print(sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(found.stdout))
    heavy = {*FRAMEWORKS, "numpy", "torch", "tiktoken", "sentencex", "pydantic", "httpx", "tree_sitter", "faiss"}
    assert not loaded & heavy


def test_import_of_one_adapter_loads_no_other_framework():
    pytest.importorskip("langchain_core")
    pytest.importorskip("llama_index.core")
    for module, others in (
        ("langchain_laconic", {"langchain", "langchain_classic", "langgraph", "llama_index", "torch"}),
        ("llama_index.postprocessor.laconic", {"langchain", "langchain_core", "langgraph", "torch"}),
    ):
        code = f"import sys, {module}; print(sorted({{name.split('.')[0] for name in sys.modules}}))"
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not set(ast.literal_eval(found.stdout)) & others


def test_extras_that_errors_name_exist():
    extras = set(project()["project"]["optional-dependencies"])
    named = set()
    for folder in ("engine/laconic", "integrations"):
        for path in modules(folder):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MissingDependencyError":
                    extra = node.args[1]
                    if isinstance(extra, ast.Constant):
                        named.add(extra.value)
    assert {"langchain", "llama-index"} <= named <= extras


def test_extras_cover_what_the_adapters_import():
    extras = project()["project"]["optional-dependencies"]
    required = {
        re.match(r"[\w.-]+", line).group().replace("-", "_")
        for name in ("langchain", "langchain-agents", "llama-index")
        for line in extras[name]
    }
    base = {re.match(r"[\w.-]+", line).group() for line in project()["project"]["dependencies"]}
    ours = {"laconic", "langchain_laconic"}
    arrive_with = {"llama_index": "llama_index_core", "langsmith": "langchain_core", "langgraph": "langchain"}
    for path in modules("integrations"):
        for name in imported(path):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top in ours or top in base:
                continue
            assert arrive_with.get(top, top) in required, f"{path.relative_to(ROOT)} imports {name}"


THIN = {"langchain-laconic": "langchain", "llama-index-postprocessor-laconic": "llama-index"}


@pytest.mark.parametrize(("name", "extra"), THIN.items())
def test_the_thin_distributions_ask_for_this_release(name, extra):
    main = project()["project"]
    thin = tomllib.loads((ROOT / "distributions" / name / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*thin["dependencies"], *(line for lines in thin["optional-dependencies"].values() for line in lines)]
    assert (thin["name"], thin["version"]) == (name, main["version"])
    assert thin["dependencies"] == [f"laconic[{extra}]=={main['version']}"]
    assert thin["requires-python"] == main["requires-python"]
    for line in wanted:
        found, version = re.fullmatch(r"laconic\[([\w-]+)\]==(\S+)", line).groups()
        assert found in main["optional-dependencies"]
        assert version == main["version"]


def test_the_wheel_stays_small(wheel):
    """A download in front of every deployment; vocabularies, vectors and weights make up nearly all of it."""
    assert wheel.stat().st_size < 9_000_000
