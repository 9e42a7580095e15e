"""What the looks at stored articles may cost in one run."""

from foiscrawl.site import Recheck
from foiscrawl.spiders.course import ROOM_MAX, Budget


def test_what_is_in_hand_counts_as_spent_and_retries_leave_less():
    budget = Budget(10, None, 100)

    assert budget.room(100, 0) == 10
    assert budget.room(100, 4) == 6
    assert budget.room(107, 3) == 0
    assert budget.room(109, 0) == 1
    assert budget.room(115, 0) == 0


def test_when_the_time_is_over_nothing_more_is_taken_up():
    now = [50.0]
    budget = Budget(None, 60.0, 0, clock=lambda: now[0])

    assert budget.room(9999, 9) == ROOM_MAX
    now[0] = 110.0
    assert budget.room(0, 0) == 0


def test_the_site_file_states_it_and_whoever_wants_all_gets_all():
    wanted = Recheck(requests=7, minutes=1)

    assert Budget.of(wanted, "due", 3).room(3, 0) == 7
    assert Budget.of(wanted, "all", 3).room(3000, 0) == ROOM_MAX
