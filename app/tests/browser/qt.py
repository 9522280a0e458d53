"""Shows the page of the example for Electron in Qt WebEngine: at the page's own origin, with its policy, and with a
script that hands over the URL before the page's own run. The URL comes on standard input."""

import mimetypes
import pathlib
import sys
from urllib.parse import quote

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, QUrl
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineScript,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

SCHEME = b"app"
VIEWER = "/viewer/"


class Files(QWebEngineUrlSchemeHandler):
    """Gives the page its files, and those of the viewer's package."""

    def __init__(self, page: pathlib.Path, viewer: pathlib.Path, policy: str):
        super().__init__()
        self.page, self.viewer = page, viewer
        self.meta = f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'.encode()

    def requestStarted(self, job):
        path = job.requestUrl().path()
        if path.startswith(VIEWER):
            file = self.viewer / path.removeprefix(VIEWER)
        else:
            file = self.page / (path.removeprefix("/") or "index.html")
        if not file.is_file():
            return job.fail(job.Error.UrlNotFound)
        data = file.read_bytes().replace(b"<head>", self.meta)
        kind = {".js": "text/javascript", ".wasm": "application/wasm"}.get(file.suffix)
        buffer = QBuffer(job)
        buffer.setData(QByteArray(data))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        job.reply((kind or mimetypes.guess_type(file.name)[0] or "text/plain").encode(), buffer)


def preload(url: str) -> QWebEngineScript:
    """In place of the example's preload script."""
    script = QWebEngineScript()
    script.setInjectionPoint(QWebEngineScript.InjectionPoint.DocumentCreation)
    script.setWorldId(QWebEngineScript.ScriptWorldId.MainWorld)
    script.setSourceCode(f'window.lanstream = {{ url: async () => decodeURIComponent("{quote(url)}") }};')
    return script


def main(page: str, viewer: str, policy: str) -> int:
    scheme = QWebEngineUrlScheme(SCHEME)
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    flag = QWebEngineUrlScheme.Flag
    scheme.setFlags(flag.SecureScheme | flag.CorsEnabled | flag.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)
    application = QApplication(sys.argv[:1])
    profile = QWebEngineProfile()
    files = Files(pathlib.Path(page), pathlib.Path(viewer), policy)
    profile.installUrlSchemeHandler(SCHEME, files)
    profile.scripts().insert(preload(sys.stdin.readline().strip()))
    view = QWebEngineView()
    view.setPage(QWebEnginePage(profile, view))
    view.setWindowFlags(Qt.WindowType.FramelessWindowHint)
    # As wide as the picture, which then begins at the corner.
    view.setGeometry(0, 0, 640, 480)
    view.setUrl(QUrl("app://localhost/"))
    view.show()
    return application.exec()


sys.exit(main(*sys.argv[1:4]))
