"""Faults of a container: each begins, proves that it took effect, lasts, and ends."""

import re
import time

from chaos import network
from support.stack import Stack, run
from support.waiting import eventually

RELAY_PORT = 19_000
DELAY_SECONDS = 0.3
NARROW = "64kbit"
# Datagrams that keep the narrow line busy for five seconds; nobody is waiting for them.
BURST = "bash -c 'for n in {{1..40}}; do head -c 1000 /dev/zero >/dev/udp/{}/9; done'"
# Many times what a proof takes on an idle machine.
PROOF_SECONDS = 30


class Fault:
    """A fault of a service's first container that lasts `hold` seconds."""

    ends_at_once = False

    def __init__(self, stack: Stack, service: str, hold: float = 0.0) -> None:
        self.stack, self.service, self.hold = stack, service, hold
        self.before = stack.container(service)

    @property
    def id(self) -> str:
        """The container's id, which stays the same until Compose recreates the container."""
        return str(self.before["Id"])

    def state(self) -> dict[str, object]:
        """Return the container's current state as the engine reports it."""
        state: dict[str, object] = self.stack.container(self.service)["State"]
        return state

    def begin(self) -> None:
        """Start the fault."""
        raise NotImplementedError

    def proof(self) -> str:
        """Return evidence that the fault took effect; without any, return "" or raise."""
        raise NotImplementedError

    def wait(self) -> None:
        """Wait for as long as the fault lasts."""
        time.sleep(self.hold)

    def end(self) -> float:
        """End the fault; return when that was (time.time)."""
        return time.time()

    def restore(self) -> None:
        """Bring back what is still away when the stack has recovered without it."""

    def assert_refilled(self) -> None:
        """Wait until what was brought back is complete."""


class Kill(Fault):
    """Kills the first process from outside; the engine restarts the container."""

    ends_at_once = True

    def __init__(self, stack: Stack, *services: str) -> None:
        super().__init__(stack, services[0])
        self._services = services
        self._started = self._starts()
        self._killed = 0.0

    def _starts(self) -> dict[str, str]:
        return {each: self.stack.container(each)["State"]["StartedAt"] for each in self._services}

    def begin(self) -> None:
        self._killed = self.stack.kill9(*self._services)

    def proof(self) -> str:
        now = self._starts()
        return "started again" if all(now[s] > self._started[s] for s in now) else ""

    def end(self) -> float:
        return self._killed


class Stop(Fault):
    """Stops the container as a person would, and starts it again."""

    def begin(self) -> None:
        run(["docker", "stop", self.id])

    def proof(self) -> str:
        return "" if self.state()["Running"] else "not running"

    def end(self) -> float:
        ended = time.time()
        run(["docker", "start", self.id])
        return ended


class Pause(Fault):
    """Freezes the container: connections stay open, but nobody answers."""

    def begin(self) -> None:
        run(["docker", "pause", self.id])

    def proof(self) -> str:
        return "paused" if self.state()["Paused"] else ""

    def end(self) -> float:
        run(["docker", "unpause", self.id])
        return super().end()


class NetworkFault(Fault):
    """Adds a rule to the container's network, and adds it again if the container restarts."""

    RULE = ""
    UNDO = ""
    SEEN = ""

    def begin(self) -> None:
        network.shell(self.id, self.RULE)

    def proof(self) -> str:
        seen = network.neighbour(self.stack, self.service)
        return f"a neighbour: {seen}" if seen == self.SEEN else ""

    def wait(self) -> None:
        deadline, started = time.monotonic() + self.hold, self.state()["StartedAt"]
        while time.monotonic() < deadline:
            time.sleep(1)
            state = self.state()
            if state["Running"] and state["StartedAt"] != started:
                started = state["StartedAt"]
                network.shell(self.id, self.RULE, check=False)

    def end(self) -> float:
        # This fails if the container has just restarted and has no rule to undo.
        network.shell(self.id, self.UNDO, check=False)
        return super().end()


class Cut(NetworkFault):
    """Cuts the container off: all packets are dropped silently, in both directions."""

    RULE = "iptables -A INPUT ! -i lo -j DROP; iptables -A OUTPUT ! -o lo -j DROP"
    UNDO = "iptables -F INPUT; iptables -F OUTPUT"
    SEEN = "TimeoutError"


class Reset(NetworkFault):
    """Resets every connection and refuses new ones."""

    # The resets themselves have to get out.
    RULE = """reset="-j REJECT --reject-with tcp-reset"
    iptables -A INPUT ! -i lo -p tcp $reset
    iptables -A OUTPUT ! -o lo -p tcp ! --tcp-flags RST RST $reset"""
    UNDO = Cut.UNDO
    SEEN = "ConnectionRefusedError"


class Narrow(NetworkFault):
    """Limits the line to 64 kbit/s."""

    RULE = f"""for path in /sys/class/net/eth*; do
        tc qdisc add dev "${{path##*/}}" root tbf rate {NARROW} burst 8kb latency 2s
    done"""
    UNDO = """for path in /sys/class/net/eth*; do
        tc qdisc del dev "${path##*/}" root
    done"""

    def proof(self) -> str:
        def held_back() -> int:
            told = network.shell(self.id, "tc -s qdisc show")
            return sum(map(int, re.findall(r"overlimits (\d+)", told)))

        # The container's own traffic may fit: Spark's master sends next to nothing.
        network.shell(self.id, BURST.format(network.address(self.stack, "ingest")))
        return f"{eventually(held_back, within=PROOF_SECONDS)} packets held back"


class Relayed(Fault):
    """Redirects connections to the service from outside through a relay."""

    ARGUMENTS: tuple[str, ...] = ()
    SAYS = ""
    PROOF = ""

    def __init__(self, stack: Stack, service: str, hold: float = 0.0) -> None:
        super().__init__(stack, service, hold)
        self._port = network.PORTS[service]

    def begin(self) -> None:
        to = (network.address(self.stack, self.service), str(self._port))
        network.start_relay(self.stack, self.id, [str(RELAY_PORT), *to, *self.ARGUMENTS])
        # Existing connections are reset, so that they are made again through the relay.
        network.shell(
            self.id,
            f"""match="! -i lo -p tcp --dport {self._port}"
            iptables -t nat -A PREROUTING $match -j REDIRECT --to-ports {RELAY_PORT}
            iptables -A INPUT $match -j REJECT --reject-with tcp-reset""",
        )

    def proof(self) -> str:
        def said() -> bool:
            # Make traffic: Spark's master may receive nothing for longer than the fault lasts.
            network.neighbour(self.stack, self.service)
            return self.SAYS in network.told_by_relay(self.stack)

        eventually(said, within=PROOF_SECONDS)
        return self.PROOF

    def end(self) -> float:
        network.shell(self.id, "iptables -t nat -F PREROUTING; iptables -F INPUT", check=False)
        network.stop_relay(self.stack)
        return super().end()


class Delay(Relayed):
    """Delays everything, in both directions."""

    ARGUMENTS = ("--delay", str(DELAY_SECONDS))
    SAYS = "late"
    PROOF = f"pieces came {DELAY_SECONDS} s late"
