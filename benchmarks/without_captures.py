"""`scrapy` with this project's settings, but without collecting raw answers: what a crawl costs without WARC files."""

import os

from scrapy.cmdline import execute
from scrapy.utils.project import get_project_settings

if __name__ == "__main__":
    os.environ["SCRAPY_SETTINGS_MODULE"] = "foiscrawl.settings"
    settings = get_project_settings()
    middlewares = {**settings["DOWNLOADER_MIDDLEWARES"], "foiscrawl.middlewares.RawAnswer": None}
    settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="project")
    execute(settings=settings)
