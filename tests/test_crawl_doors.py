"""Closed doors: wherever the site points, a crawl connects to the one host it was sent to, and it tells no secrets."""

import json
import re
import socket
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.crawling import QUICK, article_fetches, ask, assert_settled, change, crawl, environment, run
from tests.newsroom import Newsroom, Redirect, Replace, Server, serve, truth_of
from tests.newsroom.answer import Answer
from tests.newsroom.faults import Exchange

PASSWORD = "hirondelle-7391"

# Put before the command's own code by PYTHONPATH: writes down each connection, look-up and bound port of the process.
WATCH = """
import json, os, sys
log = open(os.environ["WATCHED"], "a", buffering=1)
place = {"socket.connect": 1, "socket.bind": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}
def hook(event, args):
    if event in place:
        print(json.dumps([event, str(args[place[event]])]), file=log)
sys.addaudithook(hook)
"""


BODY = '<div class="post-content cf'
NAMES = ("connect", "bind", "getaddrinfo", "gethostbyname")


@dataclass
class Watched:
    """What a process did: addresses it connected to, names it looked up, addresses it bound."""

    connected: set[str]
    looked_up: set[str]
    bound: set[str]


@pytest.fixture
def watch(tmp_path, monkeypatch):
    """Environment in which the command is watched, and what it did."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    log = tmp_path / "watched"
    log.touch()

    def seen() -> Watched:
        events = [json.loads(line) for line in log.read_text().splitlines()]
        by = {name: {what for event, what in events if event == f"socket.{name}"} for name in NAMES}
        return Watched(by["connect"], by["getaddrinfo"] | by["gethostbyname"], by["bind"])

    return {"PYTHONPATH": str(tmp_path / "watch"), "WATCHED": str(log)}, seen


@contextmanager
def listening() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and everybody who came."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.1)
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                try:
                    caller, address = door.accept()
                except TimeoutError:
                    continue
                came.append(address)
                caller.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield door.getsockname()[1], came
        finally:
            stop.set()
            thread.join()


def traps(port: int) -> list[str]:
    """Addresses behind which something of the operator's may listen."""
    loopback = ["localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "0", "0.0.0.0", "[::1]",
                "[::ffff:127.0.0.1]", "127.0.0.1"]  # fmt: skip
    return [f"http://{host}:{port}/secret/" for host in loopback] + [
        "http://127.0.0.1/secret/",
        "http://127.0.0.1:22/secret/",
        f"https://127.0.0.1:{port}/secret/",
        f"http://newsroom@127.0.0.1:{port}/secret/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/secret/",
        "http://192.168.1.1/secret/",
        "http://[fc00::1]/secret/",
        "file:///etc/passwd",
        "data:text/html,<h1>x</h1>",
        f"ftp://127.0.0.1:{port}/secret/",
        f"gopher://127.0.0.1:{port}/secret/",
        "javascript:alert(1)",
        f"//127.0.0.1:{port}/secret/",
        f"http:\\\\127.0.0.1:{port}\\secret\\",
    ]


@dataclass
class Inserted:
    """The right page with markup put before each of these marks."""

    marks: dict[str, str]

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        answer = exchange.answer()
        body = answer.body.decode()
        for mark, markup in self.marks.items():
            body = body.replace(mark, markup + mark, 1)
        return exchange.send(Answer(answer.status, body.encode(), answer.content_type, answer.headers))


def baited(server: Server, baits: list[str]) -> None:
    """Every door of the site leads to the baits."""
    newsroom = server.newsroom
    cards = "".join(
        f"<article class='l-post'><h2 class='post-title'><a href='{one}'>Un piège {place}</a></h2></article>"
        for place, one in enumerate(baits)
    )
    heads = "".join(f"<link rel='next' href='{one}'>" for one in baits)
    menu = "".join(f"<li class='menu-item-object-category'><a href='{one}'>Piège</a></li>" for one in baits)
    server.faults.add("kind:listing", Inserted({"<article": cards, "</head>": heads}))
    server.faults.add(
        "/",
        Inserted({'<li class="menu-item': menu, "</head>": "<meta http-equiv=refresh content='0;url=//127.0.0.1:1/'>"}),
    )
    entries = "".join(f"<url><loc>{escaped(one)}</loc></url>" for one in baits)
    sitemap = f"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>"
    server.faults.add("/post-sitemap.xml", Replace(sitemap, content_type="application/xml"))
    children = "".join(f"<sitemap><loc>{escaped(one)}</loc></sitemap>" for one in baits)
    server.faults.add("/piege.xml", Replace(f"<?xml version='1.0'?><sitemapindex>{children}</sitemapindex>"))
    items = "".join(f"<item><title>Piège</title><link>{escaped(one)}</link></item>" for one in baits)
    server.faults.add("kind:feed", Replace(f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>"))
    posts = [{"id": 9000 + place, "link": one, "type": "post"} for place, one in enumerate(baits)]
    server.faults.add("kind:rest", Replace(json.dumps(posts), content_type="application/json"))
    lines = "".join(f"Sitemap: {one}\n" for one in (*baits, f"{server.url}/piege.xml"))
    newsroom.robots_rules = f"User-agent: *\nDisallow:\n{lines}"
    articles = list(newsroom.articles.values())
    for article, bait in zip(articles, baits, strict=False):
        server.faults.add(newsroom.path(article), Redirect(bait))
    spare = articles[len(baits) :]
    for article, bait in zip(spare, baits, strict=False):
        named = "".join(f"<link rel='{rel}' href='{bait}'>" for rel in ("canonical", "shortlink", "amphtml"))
        second = f"http://10.0.0.1{newsroom.path(article)}2/"
        split = f"<div class='page-links'><a href='{bait}'>2</a><a href='{second}'>2</a></div>"
        server.faults.add(newsroom.path(article), Inserted({"<title": named, BODY: split}))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def test_wherever_the_site_points_only_the_site_is_connected_to(archive, watch):
    env, seen = watch
    with listening() as (port, came), serve(Newsroom(articles=60, days=20, oddities=())) as server:
        baits = traps(port)
        baited(server, baits)
        ended = crawl(f"{server.url}/", archive, "mode=backfill", settings={**QUICK, "DOWNLOAD_TIMEOUT": "2"}, env=env)
        own = int(server.url.rpartition(":")[2])

    assert ended.code in {0, 3}, ended.err
    assert {"/post-sitemap.xml", "/piege.xml", "/category/politique/", "/feed/atom/"} <= set(server.paths())
    outcomes = Counter(one.outcome for one in article_fetches(archive).values())
    assert outcomes == {"refused": len(baits), "stored": 60 - len(baits)}
    assert came == []
    assert seen().connected == {str(("127.0.0.1", own))}
    assert seen().looked_up <= {"127.0.0.1"}
    assert seen().bound <= {"('::1', 0)"}  # urllib3, which a library brings along, tries at import if there is IPv6
    assert not any("secret" in path for path in server.paths())
    assert [row.url for row in ask(archive, "SELECT url FROM urls") if not row.url.startswith(f"{server.url}/")] == []
    assert not any(
        re.search(r"secret|passwd|meta-data", row.canonical_url) for row in ask(archive, "SELECT * FROM articles")
    )
    assert_settled(archive)


def test_the_watcher_sees_a_port_that_is_opened(archive, watch):
    """The test above could not fail if it did not."""
    env, seen = watch
    with serve(Newsroom(articles=1, days=20, oddities=())) as server:
        crawl(f"{server.url}/", archive, settings={**QUICK, "TELNETCONSOLE_ENABLED": "True"}, env=env)

    assert any(one.startswith("('127.0.0.1', 6") for one in seen().bound)


def test_robots_txt_that_leads_elsewhere_is_not_followed(archive, watch):
    env, seen = watch
    with listening() as (port, came), serve(Newsroom(articles=1, days=20, oddities=())) as server:
        server.faults.add("/robots.txt", Redirect(f"http://localhost:{port}/robots.txt"))
        ended = crawl(f"{server.url}/", archive, env=env)
        own = int(server.url.rpartition(":")[2])

    assert ended.code == 3
    assert came == []
    assert seen().connected == {str(("127.0.0.1", own))}
    assert server.paths() == ["/robots.txt"]
    assert_settled(archive)


RESOLVE = """
import json, sys
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from twisted.internet import defer, reactor
from foiscrawl.middlewares import GuardedResolver
resolver = GuardedResolver(reactor, 100, 5.0, sys.argv[1] or None)
answers = {}
def ask(names):
    if not names:
        print(json.dumps(answers))
        reactor.stop()
        return
    found = resolver.getHostByName(names[0])
    found.addBoth(lambda got: answers.update({names[0]: got if isinstance(got, str) else got.type.__name__}))
    found.addBoth(lambda _: ask(names[1:]))
reactor.callWhenRunning(ask, sys.argv[2:] * 2)  # the second time from its memory
reactor.run()
"""


def resolved(open_host: str, *names: str) -> dict[str, str]:
    ended = run([sys.executable, "-c", RESOLVE, open_host, *names], environment())
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_the_resolver_refuses_names_of_private_machines_but_for_the_one_that_the_operator_named():
    private = ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "10.0.0.1", "169.254.169.254"]

    assert resolved("", *private, "93.184.216.34") == {
        **dict.fromkeys(private, "DNSLookupError"),
        "93.184.216.34": "93.184.216.34",
    }
    assert resolved("localhost", "localhost", "127.0.0.1", "10.0.0.1") == {
        "localhost": "127.0.0.1",
        "127.0.0.1": "DNSLookupError",
        "10.0.0.1": "DNSLookupError",
    }


def test_a_site_may_not_be_reached_by_another_name_than_the_operators(archive):
    with serve(Newsroom(articles=2, days=20, oddities=())) as server:
        server.newsroom.base = server.url.replace("127.0.0.1", "localhost")
        ended = crawl(f"{server.newsroom.base}/", archive)
        by_name = article_fetches(archive)
        server.faults.add("*", Redirect(f"{server.url}/?ailleurs"))
        server.forget()
        moved = crawl(f"{server.newsroom.base}/", archive)

    assert ended.code == 0, ended.err
    assert len(by_name) == 2
    assert moved.code == 3
    assert server.paths() == ["/robots.txt", "/"]  # by the copy of robots.txt that was kept


CLOSED = {
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "COOKIES_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "REFERER_ENABLED": False,
    "REDIRECT_ENABLED": False,
    "RETRY_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "ROBOTSTXT_OBEY": True,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_FAIL_ON_DATALOSS": False,  # RawAnswer keeps what came, and fails it
    "TWISTED_DNS_RESOLVER": "foiscrawl.middlewares.GuardedResolver",
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 1.0,
    "DOWNLOAD_DELAY_JITTER": 0,
    "DOWNLOAD_MAXSIZE": 10485760,
    "DOWNLOAD_TIMEOUT": 20,
    "REDIRECT_MAX_TIMES": 5,
    "RETRY_TIMES": 2,
}
LIVE = """
import json, sys
from scrapy.utils.project import get_project_settings
settings = get_project_settings()
handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
print(json.dumps([{one: settings[one] for one in sys.argv[1:]}, sorted(one for one in handlers if handlers[one])]))
"""


def test_the_live_settings_of_the_command_keep_the_doors_closed():
    ended = run([sys.executable, "-c", LIVE, *CLOSED], environment())

    settings, handlers = json.loads(ended.out)
    assert settings == CLOSED
    assert handlers == ["http", "https"]


# --- certificates ---------------------------------------------------------------------------------------------------


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(
        key, hashes.SHA256()
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "pair.pem").write_bytes(secret + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(archive, tmp_path):
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(20)

        def work() -> None:
            caller, _ = door.accept()
            try:
                with self_signed(tmp_path).wrap_socket(caller, server_side=True) as talk:
                    heard.append(talk.recv(1000))
            except OSError as error:
                heard.append(type(error).__name__.encode())

        thread = threading.Thread(target=work)
        thread.start()
        ended = crawl(f"https://localhost:{door.getsockname()[1]}/", archive)
        thread.join()

    assert ended.code == 3, ended.err
    assert not any(b"GET" in one for one in heard)
    assert_settled(archive)


# --- what is printed ----------------------------------------------------------------------------------------------


def test_no_text_of_an_article_is_ever_logged(archive):
    with serve(Newsroom(articles=24, days=20)) as server:
        truth = list(truth_of(server.newsroom).values())
        server.faults.add(
            truth[3].url.removeprefix(server.url), Inserted({"</head>": "<meta name='tdm-reservation' content='1'>"})
        )
        ended = crawl(f"{server.url}/", archive, settings={**QUICK, "LOG_LEVEL": "DEBUG"})

    texts = [block for one in truth for block in one.paragraphs if len(block) > 40]
    assert len(texts) > 50
    assert "DEBUG" in ended.err
    assert [
        one for one in texts if one in ended.out + ended.err or json.dumps(one)[1:-1] in ended.out + ended.err
    ] == []


def test_a_text_that_the_database_refuses_is_not_printed_either(archive):
    with serve(Newsroom(articles=6, days=20, oddities=())) as server:
        crawl(f"{server.url}/", archive, "max_articles=1")
        change(archive, "CREATE TRIGGER refuse BEFORE INSERT ON revisions BEGIN SELECT RAISE(ABORT, 'refused'); END")
        ended = crawl(f"{server.url}/", archive, settings={**QUICK, "LOG_LEVEL": "DEBUG"})
        truth = truth_of(server.newsroom).values()

    assert {row.reason for row in article_fetches(archive).values()} == {"store_error"}
    texts = [block for one in truth for block in one.paragraphs if len(block) > 40]
    assert [
        one for one in texts if one in ended.out + ended.err or json.dumps(one)[1:-1] in ended.out + ended.err
    ] == []
    assert_settled(archive)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://foiscrawl:{PASSWORD}@127.0.0.1:1/archive",
        f"postgresql+psycopg://foiscrawl:{PASSWORD}@127.0.0.1:door/archive",
        f"postgresql+psycopg2://foiscrawl:{PASSWORD}@127.0.0.1:1/archive",
        f"mysql://foiscrawl:{PASSWORD}@127.0.0.1:1/archive",
        f"postgresql+psycopg://127.0.0.1:1/archive?password={PASSWORD}",
        f"foiscrawl:{PASSWORD}@127.0.0.1",
    ],
)
def test_the_password_of_the_database_is_never_printed(url):
    settings = {**QUICK, "FOISCRAWL_DATABASE_WAIT": "0", "LOG_LEVEL": "DEBUG"}
    ended = crawl("http://127.0.0.1:1/", url, settings=settings)

    assert ended.code in {2, 5}, ended.err
    assert PASSWORD not in ended.out + ended.err
    assert len(ended.err.splitlines()) >= 1
    assert "Traceback" not in ended.err


def test_a_wrong_password_is_told_without_being_printed(postgres):
    if not postgres.own:
        pytest.skip("needs a server whose rules may be changed")
    ((rules,),) = postgres.execute("SHOW hba_file")
    before = Path(rules).read_text()
    postgres.execute("CREATE ROLE stranger LOGIN PASSWORD 'another'")
    Path(rules).write_text("local all stranger scram-sha-256\n" + before)
    postgres.execute("SELECT pg_reload_conf()")
    try:
        url = postgres.admin.set(username="stranger", password=PASSWORD).render_as_string(hide_password=False)
        ended = crawl("http://127.0.0.1:1/", url, settings={**QUICK, "LOG_LEVEL": "DEBUG"}, timeout=60)
    finally:
        Path(rules).write_text(before)
        postgres.execute("SELECT pg_reload_conf()")
        postgres.execute("DROP ROLE stranger")

    assert ended.code in {2, 5}, ended.err
    assert "password" in ended.err
    assert PASSWORD not in ended.out + ended.err
    assert "Traceback" not in ended.err
