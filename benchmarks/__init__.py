"""`python -m benchmarks`: what a crawl costs, beside Scrapy without a parser and a crawler of the common form."""
