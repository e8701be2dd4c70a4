"""A browser's side of a Streamlit session: the WebSocket, and the messages of Streamlit's own protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect


@dataclass(eq=False)
class Session:
    """One tab. It asks for reruns, takes in everything that is sent, and draws nothing.

    Parameters
    ----------
    url : str
        The app's address, ``http://localhost:8501``.
    """

    url: str
    pages: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    widgets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    # Fragments that ask to be run again by themselves, and how often.
    timers: dict[str, float] = field(default_factory=dict)
    page: str = ""
    query: str = ""
    received: int = 0
    _socket: WebSocketClientConnection | None = None

    async def open(self) -> float:
        """Connect and load the first page; return the seconds it took."""
        request = HTTPRequest(f"{self.url.replace('http', 'ws', 1)}/_stcore/stream", headers={"Origin": self.url})
        self._socket = await websocket_connect(request, subprotocols=["streamlit"], max_message_size=2**30)
        return await self.rerun()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    async def visit(self, path: str, query: str = "") -> float:
        """Go to a page by its path and return the seconds until it is there whole."""
        self.page, self.query = self.pages[path], query
        self.timers.clear()
        return await self.rerun()

    async def choose(self, key: str, options: Iterable[str]) -> float:
        """Press pills, named by the key that the page gave them, and return the seconds of the rerun."""
        self.widgets[self.ids[key]] = tuple(options)
        return await self.rerun()

    async def rerun(self, fragment: str = "") -> float:
        """Ask for a rerun and take in what is sent until it is done; return the seconds."""
        state = ClientState(query_string=self.query, page_script_hash=self.page, fragment_id=fragment)
        state.is_auto_rerun = bool(fragment)
        for widget, options in self.widgets.items():
            widget_state = state.widget_states.widgets.add(id=widget)
            widget_state.string_array_value.data[:] = options
        assert self._socket is not None
        began = time.perf_counter()
        await self._socket.write_message(BackMsg(rerun_script=state).SerializeToString(), binary=True)
        while True:
            data = await asyncio.wait_for(self._socket.read_message(), 60)
            if data is None:
                raise ConnectionError("the app closed the connection")
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            if self._take(message):
                return time.perf_counter() - began

    def _take(self, message: ForwardMsg) -> bool:
        """Take in a message; return whether it ends a run of the page."""
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "new_session" and not message.metadata.run.fragment_ids:
            # The page is drawn anew, and its timers with it, as a browser has it.
            self.timers.clear()
        elif kind == "auto_rerun":
            self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                self.errors.append(f"{element.exception.type}: {element.exception.message}")
            elif element.WhichOneof("type") == "button_group":
                # A widget's id ends with the key that the page gave it.
                self.ids[element.button_group.id.rsplit("-", 1)[-1]] = element.button_group.id
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the page could not be run")
            # A rerun that the page itself asked for follows; the person still waits.
            return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        return False
