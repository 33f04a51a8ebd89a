"""`ecocluster dashboard`: the pages in a browser, served from this machine, without internet."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from ..words import Words
from .common import Lang, kernels_are_cold

LOCAL = "127.0.0.1"
ENVIRONMENT = {
    "SOLARA_APP": "ecocluster.viz.pages.app",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",  # else every visit is reported
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "ecocluster",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    # files come from solara-assets; what it lacks must fail here instead of being fetched from a host outside
    "SOLARA_ASSETS_PROXY": "True",
    "SOLARA_ASSETS_CDN": "http://127.0.0.1:9/",
    "SOLARA_KERNEL_MAX_PER_SESSION": "8",
}


def add_to(app: typer.Typer) -> None:
    app.command("dashboard", help="help.dashboard")(dashboard_command)


def dashboard_command(
    host: Annotated[str, typer.Option(help="help.dashboard_host")] = LOCAL,
    port: Annotated[int, typer.Option(help="help.dashboard_port")] = 8765,
    read_only: Annotated[bool, typer.Option("--read-only", help="help.dashboard_read_only")] = False,
    results: Annotated[Path, typer.Option(help="help.dashboard_results")] = Path("out"),
    scenario: Annotated[str, typer.Option(help="help.dashboard_scenario")] = "hanoi",
    root_path: Annotated[str, typer.Option(help="help.dashboard_root_path")] = "",
    lang: Lang = "en",
) -> None:
    from ...experiments.errors import check_number
    from ...scenarios import load_scenario, site_id
    from ...scenarios.given import path_of
    from ..pages.served import root_path_of
    from ..pages.settings import LIMITS, Settings

    say = Words(lang)
    check_number("--port", port, 0, 65535, whole=True)
    root = root_path_of(root_path)
    scenario = site_id(scenario)
    load_scenario(scenario)  # says what is wrong with it
    server = _open(host, port)
    settings = Settings(read_only, path_of(results, "--results").resolve(), scenario)
    os.environ.update(ENVIRONMENT)
    os.environ.update(settings.to_environment())
    # said here, and by no header of whoever happens to come first
    os.environ["SOLARA_ROOT_PATH"], os.environ["SOLARA_BASE_URL"] = root, f"http://{host}:{server.getsockname()[1]}{root}/"
    os.environ["SOLARA_KERNEL_CULL_TIMEOUT"] = LIMITS.idle
    os.environ["SOLARA_KERNEL_MAX_COUNT"] = str(LIMITS.visitors)
    _serve(server, root, scenario, say)


def _open(host: str, port: int) -> socket.socket:
    """A socket that listens; held from here on, so that nobody takes the port while the server starts."""
    from ...experiments.errors import InputError
    from ...scenarios.given import shown

    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        server = socket.socket(family, kind, proto)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(128)
    except (OSError, UnicodeError) as error:  # the latter of names that no machine can have
        raise InputError(
            "no_port", host=shown(host), port=port, error=getattr(error, "strerror", None) or shown(str(error))
        ) from error
    return server


def _warm(scenario: str) -> None:
    """Load (or compile) the kernels before the first visitor waits for them, and draw what he sees of a city first."""
    from ...experiments import compare
    from ..pages.compare import prepare

    compare("teaching", replicates=1, threads=1)
    prepare(scenario)


def _serve(server: socket.socket, root: str, scenario: str, say: Words) -> None:
    """Serve until Ctrl-C."""
    import warnings

    from ...experiments.errors import InputError

    warnings.filterwarnings("ignore", category=UserWarning, module="solara")  # about cookies inside foreign pages
    try:
        import pandas  # noqa: F401 - reacton looks into it from any thread, also while one is still importing it
        import uvicorn
        from solara.server.starlette import app as application

        from ..pages import app  # noqa: F401 - what is wrong with it is told before the address is
        from ..pages.served import Served
    except ImportError as error:
        raise InputError("no_dashboard", error=error) from error
    host, port = server.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    threading.Thread(target=_warm, args=(scenario,), daemon=True).start()
    print(say("dashboard.at", address=f"http://{shown}:{port}{root}/"), flush=True)
    if kernels_are_cold():
        print(say("cli.compiling"), file=sys.stderr, flush=True)
    if host not in (LOCAL, "::1"):
        print(say("dashboard.open_to_all"), file=sys.stderr, flush=True)
    # a browser or a server that is busy for a while is not lost: its page would begin anew, or not at all
    config = uvicorn.Config(
        Served(application, root), log_level="warning", access_log=False, timeout_graceful_shutdown=2, ws_ping_timeout=600.0
    )
    uvicorn.Server(config).run(sockets=[server])
