"""The end of a run: whether the changed texts that it saw are believed; and the same for runs that died before it."""

import logging

from foiscrawl.judgement import Doubt
from foiscrawl.spiders.job import Job
from foiscrawl.storage import held, ledger
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.rereading import from_captures

logger = logging.getLogger(__name__)


async def judge(job: Job, run: Run) -> Doubt | None:
    """Judge what a run has seen and apply it when it is believed. Gives why it is not."""
    doubt = await job.archive.call(held.judge, run, job.now())
    read = from_captures(job.captures)
    while (await job.archive.call(held.apply_waiting, job.site, read, run.id, job.now())).total:
        continue
    return doubt


async def judge_left(job: Job) -> None:
    """What earlier runs have left waiting: they died, or ended while pages were under way."""
    for run_id in await job.archive.call(held.unjudged, job.run.site_id):
        run = await job.archive.call(ledger.load_run, run_id, job.site)
        doubt = await judge(job, run)
        if doubt is not None:
            logger.warning("what run %d saw is held: %s; see foiscrawl review", run_id, doubt.message)
