"""``RemoteMonitor``: sends the logs of each epoch to a server."""

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings
from typing import Any

import numpy as np

from kerasette.callbacks.callback import Callback
from kerasette.registry import register

_TIMEOUT = 10.0  # seconds


class RemoteMonitor(Callback):
    """Sends the logs of each epoch by HTTP POST. A server that does not answer is only warned of.

    Args:
        root: the server.
        path: the path there.
        field: the form's field that holds the logs as JSON, where they are not sent as JSON.
        headers: further HTTP headers.
        send_as_json: whether the body is JSON, not a form.

    >>> tell = kerasette.callbacks.RemoteMonitor(root="http://localhost:9000", send_as_json=True)
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = {name: np.asarray(value).tolist() for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch} | values)
        if self.send_as_json:
            body, kind = text.encode(), "application/json"
        else:
            body = urllib.parse.urlencode({self.field: text}).encode()
            kind = "application/x-www-form-urlencoded"
        if not self.root.startswith(("http://", "https://")):
            raise ValueError(f"`root` must begin with http:// or https://. Received: {self.root!r}")
        request = urllib.request.Request(
            self.root + self.path, body, {"Content-Type": kind} | (self.headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT):
                pass
        except (urllib.error.URLError, OSError) as error:
            warnings.warn(
                f"RemoteMonitor: {self.root} could not be reached ({error}).", stacklevel=2
            )


register("callback", RemoteMonitor)
