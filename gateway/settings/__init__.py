from gateway.settings.load import load, load_store
from gateway.settings.problem import Problem, SettingsError
from gateway.settings.settings import Address, Client, LogLevel, Scope, Server, Settings

__all__ = [
    "Address",
    "Client",
    "LogLevel",
    "Problem",
    "Scope",
    "Server",
    "Settings",
    "SettingsError",
    "load",
    "load_store",
]
