"""Every setting, with its unit, default and reader. Scrapy loads this module; nothing else reads the environment.

Scrapy's own settings come first, each changed value with its default behind it. Ours follow: they have the prefix
FOISCRAWL_ and may be given in the environment or with `-s NAME=value`.
"""

import os

from foiscrawl import __version__

BOT_NAME = "foiscrawl"
SPIDER_MODULES = ["foiscrawl.spiders"]
COMMANDS_MODULE = "foiscrawl.commands"

# --- Manners: floors on the real site, free for a host that the operator names with home= ------------------------
ROBOTSTXT_OBEY = True  # False
ROBOTSTXT_USER_AGENT = "foiscrawl"
CONCURRENT_REQUESTS = 1  # 16
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # 8
DOWNLOAD_DELAY = 1.0  # 0 s
DOWNLOAD_DELAY_JITTER = 0  # 0.5: a jitter also shortens, and the gap is a promise
AUTOTHROTTLE_ENABLED = True  # False
AUTOTHROTTLE_START_DELAY = 1.0  # 5 s
AUTOTHROTTLE_MAX_DELAY = 60.0  # s
CONCURRENT_ITEMS = 1  # 100: Scrapy starts so many tasks for each answer, and each of ours gives one item
RETRY_TIMES = 2  # requests after the first, by our spider (Scrapy's retry middleware is off)

# --- Limits ------------------------------------------------------------------------------------------------------
DOWNLOAD_TIMEOUT = 20  # 180 s; below the 30 s in which SIGTERM must have ended a run
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024  # 1 GiB, after decompression
DOWNLOAD_WARNSIZE = 0  # 32 MiB
DOWNLOAD_FAIL_ON_DATALOSS = False  # True: RawAnswer keeps what came of a cut body, and then lets it fail
REDIRECT_MAX_TIMES = 5  # 20, by our spider
DNS_TIMEOUT = 15  # 60 s

# --- Doors that are open by default and closed here ----------------------------------------------------------------
DOWNLOAD_VERIFY_CERTIFICATES = True  # False
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
TWISTED_DNS_RESOLVER = "foiscrawl.middlewares.GuardedResolver"
TELNETCONSOLE_ENABLED = False  # True
REMOTE_CONTROL_ENABLED = False  # True
COOKIES_ENABLED = False  # True
METAREFRESH_ENABLED = False  # True
HTTPPROXY_ENABLED = False  # True: a proxy would hide the target from the resolver guard
REFERER_ENABLED = False  # True

# --- Who settles what: redirects, retries and error pages reach our spider, so that no URL can vanish -------------
REDIRECT_ENABLED = False  # True
RETRY_ENABLED = False  # True
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # the frontier's unique key does this
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,  # marks start requests; all of ours are
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,  # drops without a word; urls.skip_reason counts
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "foiscrawl.middlewares.Scope": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "foiscrawl.middlewares.RobotsGate": 100,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "foiscrawl.middlewares.WholeBody": 590,
    "foiscrawl.middlewares.RawAnswer": 595,  # below it: sees the body as it was sent
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # nothing here has a password
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,  # the table `fetches` has these figures
}
ITEM_PIPELINES = {
    "foiscrawl.pipelines.Normalise": 100,
    "foiscrawl.pipelines.Validate": 200,
    "foiscrawl.pipelines.Fingerprint": 300,
    "foiscrawl.pipelines.Store": 900,
}
EXTENSIONS = {
    "foiscrawl.extensions.ledger.RunLedger": 0,
    "foiscrawl.extensions.progress.Progress": 10,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says more
}
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "fr",
    "Accept-Encoding": "gzip",  # the one encoding whose cut bodies can be told from whole ones
}

# --- Logs --------------------------------------------------------------------------------------------------------
LOG_LEVEL = "INFO"  # DEBUG, which prints each request
STATS_DUMP = False  # True: the summary and the table `runs` say it for people

# --- Ours: from the environment or -s ------------------------------------------------------------------------------
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name.startswith("FOISCRAWL_")}

# Folder of the WARC files; empty = captures in FOISCRAWL_DATA_DIR. Reader: storage.
FOISCRAWL_CAPTURE_DIR = _ENVIRONMENT.get("FOISCRAWL_CAPTURE_DIR", "")
# Folder of the SQLite file and the lock. Reader: storage.
FOISCRAWL_DATA_DIR = _ENVIRONMENT.get("FOISCRAWL_DATA_DIR", "./data")
# SQLAlchemy URL; empty = SQLite file foiscrawl.db in FOISCRAWL_DATA_DIR. Reader: storage.
FOISCRAWL_DATABASE_URL = _ENVIRONMENT.get("FOISCRAWL_DATABASE_URL", "")
# E-mail or web address that stands in the user agent, so that the site can reach a person. Reader: commands.
FOISCRAWL_CONTACT = _ENVIRONMENT.get("FOISCRAWL_CONTACT", "")
# MB of free disk under which a run refuses to start. Reader: storage.
FOISCRAWL_MIN_FREE_MB = _ENVIRONMENT.get("FOISCRAWL_MIN_FREE_MB", "200")
# Seconds for which a database that went away is waited for. Reader: storage.
FOISCRAWL_DATABASE_WAIT = _ENVIRONMENT.get("FOISCRAWL_DATABASE_WAIT", "120")
# Seconds between two progress lines where there is no terminal. Reader: extensions.progress.
FOISCRAWL_PROGRESS_SECONDS = _ENVIRONMENT.get("FOISCRAWL_PROGRESS_SECONDS", "30")
# ISO instant that the run takes for its start, for rehearsals and tests; empty = the real clock. Reader: spiders.job.
FOISCRAWL_NOW = _ENVIRONMENT.get("FOISCRAWL_NOW", "")

# What the environment holds under our prefix and nobody here reads: refused before the first request.
FOISCRAWL_UNKNOWN = sorted(name for name in _ENVIRONMENT if name not in globals())


def user_agent(contact: str) -> str:
    """Program, version and contact, as every request tells them."""
    return f"foiscrawl/{__version__} (+{contact})"


USER_AGENT = user_agent(FOISCRAWL_CONTACT)  # the command makes it anew, for -s FOISCRAWL_CONTACT
