from gateway.settings.key import ClientKey
from gateway.settings.load import load, load_store
from gateway.settings.problem import Problem, SettingsError
from gateway.settings.settings import Address, Client, LogLevel, Scope, Server, Settings
from gateway.settings.watched import WatchedFiles

__all__ = [
    "Address",
    "Client",
    "ClientKey",
    "LogLevel",
    "Problem",
    "Scope",
    "Server",
    "Settings",
    "SettingsError",
    "WatchedFiles",
    "load",
    "load_store",
]
