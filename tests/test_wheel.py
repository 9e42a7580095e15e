"""The wheel holds all that a run needs and nothing else. Built and installed without a network."""

import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.crawling import QUICK, ROOT, ask, environment, run
from tests.newsroom import Newsroom, serve

BESIDES = (".*", "*.egg-info", "__pycache__", "build", "dist", "data", "demo-data")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the checkout stays as it is."""
    pytest.importorskip("build", reason="needs the extra `dev`")
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*BESIDES))
    words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(folder / "source")]
    built = run([sys.executable, *words], environment(), cwd=folder)
    assert built.code == 0, built.err + built.out
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    words = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    ended = run([sys.executable, *words], environment())
    assert ended.code == 0, ended.err
    return target


def test_the_wheel_holds_site_files_and_migrations_and_no_tests(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()

    tops = {one.partition("/")[0] for one in names}
    assert tops == {"foiscrawl", "migrations", re.sub(r"-py3-none-any\.whl$", ".dist-info", wheel.name)}
    shipped = {
        str(one.relative_to(ROOT))
        for folder in ("foiscrawl", "migrations")
        for one in (ROOT / folder).rglob("*")
        if one.suffix in {".css", ".html", ".mako", ".py", ".svg", ".toml"}
    }
    assert shipped <= set(names)
    assert {one for one in names if one.startswith(("foiscrawl/", "migrations/"))} == shipped
    assert any(one.endswith("/licenses/LICENSE") for one in names)


@pytest.mark.parametrize("project", [None, "[settings]\ndefault = another.settings\n"], ids=["empty", "of another"])
def test_the_wheel_migrates_and_crawls_in_any_directory(project: str | None, installed: Path, tmp_path: Path):
    """Also where another Scrapy project's scrapy.cfg lies."""
    if project:
        (tmp_path / "scrapy.cfg").write_text(project)
    env = environment(None, PYTHONPATH=str(installed))
    foiscrawl = [sys.executable, str(installed / "bin" / "foiscrawl")]

    where = run([sys.executable, "-c", "import foiscrawl; print(foiscrawl.__file__)"], env, cwd=tmp_path)
    migrated = run([*foiscrawl, "migrate"], env, cwd=tmp_path)
    with serve(Newsroom(articles=3, days=20, oddities=())) as server:
        words = ["crawl", "francaisfois", "-a", f"home={server.url}/"]
        for name, value in QUICK.items():
            words += ["-s", f"{name}={value}"]
        crawled = run([*foiscrawl, *words], env, cwd=tmp_path)

    assert where.out.startswith(str(installed))
    assert migrated.out.startswith("upgraded from nothing to ")
    assert crawled.code == 0, crawled.err
    assert ask(f"sqlite:///{tmp_path / 'data' / 'foiscrawl.db'}", "SELECT count(*) FROM articles") == [(3,)]
    assert {one.name for one in tmp_path.iterdir()} == {"data"} | ({"scrapy.cfg"} if project else set())
