"""The host that bad days are simulated with keeps the rules of the real one, in virtual time."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from sandbox.control import Controlled
from sandbox.web import InProcess, json_response
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.errors import RetryLaterError
from tests.functional.bad_days.host import Host
from tests.functional.bad_days.service import Service
from tests.functional.bad_days.storage import HostQueue, Storage
from tests.functional.bad_days.timeline import Timeline


class World:
    """A host whose functions do what a test says, and note what they did."""

    def __init__(self, *, instances=1):
        self.timeline = Timeline()
        self.queue = HostQueue(self.timeline.true)
        self.handled, self.poisoned, self.timers = [], [], []
        self.takes = 1.0
        self.error = None
        self.built = 0
        self.began = self.timeline.now
        self.host = Host(self.timeline, self.queue, self.build, instances=instances)

    def build(self):
        self.built += 1
        number = self.built

        def handle(body):
            self.timeline.advance(self.takes)
            if self.error:
                raise self.error
            self.handled.append((self.seconds(), number, SyncRequest.parse(body).number))

        return SimpleNamespace(
            process=SimpleNamespace(handle=handle),
            poison=SimpleNamespace(handle=lambda body: self.poisoned.append(self.seconds())),
            poll=SimpleNamespace(run=lambda: self.timers.append(("poll", self.seconds()))),
            upkeep=SimpleNamespace(run=lambda: self.timers.append(("upkeep", self.seconds()))),
        )

    def seconds(self):
        return (self.timeline.now - self.began).total_seconds()

    def send(self, count=1):
        for number in range(1, count + 1):
            record = RecordId("xazq5", Kind.INVOICE, number)
            self.queue.send(SyncRequest.of(record, cause=Cause.WEBHOOK, seen=self.timeline.now))


def test_messages_are_handled_at_once_and_time_passes_once():
    world = World()
    world.send(16)

    world.host.run(3.5)

    assert len(world.handled) == 16
    assert len({at for at, _, _ in world.handled}) == 1
    assert world.host.idle()


def test_an_instance_takes_no_more_than_it_may():
    world = World(instances=2)
    world.takes = 60.0
    world.send(100)

    world.host.run(30)

    assert [len(instance.in_hand) for instance in world.host.instances] == [16, 16]
    assert world.queue.depth() == 100


def test_a_message_of_a_process_that_died_comes_back_after_ten_minutes():
    world = World()
    world.takes = 60.0
    world.send()
    world.host.run(10)

    world.host.crash(world.host.instances[0])
    world.host.run(580)
    assert world.handled == []
    world.host.run(90)

    ((at, process, _),) = world.handled
    assert at == pytest.approx(661, abs=3)
    assert process == 3  # the first one died, and the second has the timers


def test_a_message_is_hidden_longer_when_its_process_renewed_it():
    world = World()
    world.takes = 1000.0
    world.send()
    world.host.run(400)

    world.host.crash(world.host.instances[0])
    world.takes = 1.0
    world.host.run(480)
    assert world.handled == []
    world.host.run(60)

    assert len(world.handled) == 1


def test_a_failed_run_comes_again_after_thirty_seconds_and_the_fifth_poisons_it():
    world = World()
    world.error = RetryLaterError("no queue")
    world.send()

    world.host.run(110)
    assert world.poisoned == []
    world.host.run(60)

    assert len(world.host.failures) == 5
    assert len(world.poisoned) == 1
    assert world.host.idle()


def test_five_crashes_poison_a_message_that_never_failed():
    world = World()
    world.takes = 60.0
    world.send()

    for _ in range(5):
        assert world.host.wait_for(lambda: bool(world.host.instances[0].in_hand), seconds=700)
        world.host.crash(world.host.instances[0])
    world.host.run(700)

    assert world.handled == []
    assert len(world.poisoned) == 1


def test_timers_run_on_time_and_elsewhere_after_a_crash():
    world = World()

    world.host.run(190)
    world.host.crash(world.host.timers_on)
    world.host.run(210)

    assert [at for name, at in world.timers if name == "poll"] == [300]
    assert [at for name, at in world.timers if name == "upkeep"] == [20, 80, 140, 260, 320, 380]


def test_a_process_can_die_at_any_call_of_storage_and_does_nothing_more():
    world = World()
    storage = Storage({"queue": world.queue}, world.host.step)
    world.host.instances[0].connector.process.handle = lambda _body: [
        world.send() for _ in range(5)
    ]
    world.send()
    world.host.instances[0].fuse = 3

    world.host.run(5)

    assert world.host.crashes == 1
    assert len(world.queue.messages) == 3  # two that were sent, and the one that comes back
    assert storage.calls["queue.send"] == 4


class Asker:
    """A process that asks a service."""

    def __init__(self, timeline, service):
        import requests

        self.dead, self.skew = False, timedelta(0)
        self.session = requests.Session()
        self.session.mount("https://", InProcess(service))
        self.answers = []
        self.timeline = timeline

    def ask(self):
        status = self.session.get("https://service.example/").status_code
        self.answers.append((self.timeline.now, status))


def asked(count, *, rate):
    timeline = Timeline()
    service = Service(Controlled(json_response({})), timeline, seed=0)
    service.rate = rate
    timeline.others = lambda: timeline.now
    asker = Asker(timeline, service)
    began = timeline.now
    for _ in range(count):
        timeline.start(asker.ask, asker)
    while timeline.next_at() is not None:
        timeline.step()
    return [(round((at - began).total_seconds(), 2), status) for at, status in asker.answers]


def test_a_service_works_off_what_comes_at_once_one_after_the_other():
    answers = asked(40, rate=20.0)

    assert {status for _, status in answers} == {200}
    assert answers[0][0] == 0.05
    assert answers[-1][0] == 2.0


def test_a_service_refuses_what_is_too_much_and_says_how_long_to_wait():
    answers = asked(60, rate=20.0)

    assert [status for _, status in answers].count(429) == 8


def test_the_same_seed_is_the_same_course():
    def course():
        world = World(instances=3)
        world.send(60)
        world.host.run(20)
        return world.handled

    assert course() == course()
