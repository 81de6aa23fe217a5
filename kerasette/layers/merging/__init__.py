"""The layers that join several inputs."""
