"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# A test that fails where the machine is slow tells of the machine.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")
