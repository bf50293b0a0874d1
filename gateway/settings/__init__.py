from gateway.documents.problem import Problem, SettingsError
from gateway.settings.administration import Admin, OperatorAccount, OperatorScope
from gateway.settings.key import ClientKey
from gateway.settings.lasting import Unchangeable, unchangeable
from gateway.settings.load import load, load_listen, load_store
from gateway.settings.renames import names_of
from gateway.settings.settings import LASTING, Address, Client, LogLevel, Scope, Server, Settings
from gateway.settings.snapshot import Snapshot
from gateway.settings.watched import WatchedFiles

__all__ = [
    "LASTING",
    "Address",
    "Admin",
    "Client",
    "ClientKey",
    "LogLevel",
    "OperatorAccount",
    "OperatorScope",
    "Problem",
    "Scope",
    "Server",
    "Settings",
    "SettingsError",
    "Snapshot",
    "Unchangeable",
    "WatchedFiles",
    "load",
    "load_listen",
    "load_store",
    "names_of",
    "unchangeable",
]
