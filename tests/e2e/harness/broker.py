"""A real MQTT server: mosquitto on a port of its own."""
import subprocess

from harness.daemon import free_port
from harness.waiting import wait_until


class Broker:
    def __init__(self, directory):
        self.port = free_port()
        self.log_path = directory / "mosquitto.log"
        configuration = directory / "mosquitto.conf"
        configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
                                 "persistence false\n")
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(["mosquitto", "-c", configuration], stdout=log,
                                          stderr=subprocess.STDOUT)
        wait_until(lambda: "running" in self.log_path.read_text(), "mosquitto")

    @property
    def url(self):
        return f"tcp://127.0.0.1:{self.port}"

    def publish(self, topic, text, client="device"):
        """As a device does; returns when the server has it."""
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-i", client,
                        "-q", "1", "-t", topic, "-m", text], check=True, timeout=10)

    def close(self):
        self.child.terminate()
        self.child.wait(10)
