"""What the official image of PostgreSQL does at its start, as far as docker-compose.yml relies on it."""

import os
import subprocess
from pathlib import Path

PROGRAMS = next(Path("/usr/lib/postgresql").glob("*/bin"))
DATA = Path("/var/lib/postgresql/data/main")
USER, NAME = os.environ["POSTGRES_USER"], os.environ["POSTGRES_DB"]
PASSWORD = Path(os.environ["POSTGRES_PASSWORD_FILE"])

os.environ["PATH"] += f":{PROGRAMS}"
if not (DATA / "PG_VERSION").exists():
    create = ["initdb", "-D", DATA, "-U", USER, "--pwfile", PASSWORD, "-A", "scram-sha-256", "-E", "UTF8"]
    subprocess.run(create, check=True)
    with (DATA / "pg_hba.conf").open("a") as file:
        file.write("host all all all scram-sha-256\n")
    subprocess.run(["pg_ctl", "-D", DATA, "-w", "-o", "-c listen_addresses=", "start"], check=True)
    environ = {**os.environ, "PGPASSWORD": PASSWORD.read_text().strip()}
    subprocess.run(["createdb", "-U", USER, NAME], check=True, env=environ)
    subprocess.run(["pg_ctl", "-D", DATA, "-w", "stop"], check=True)
os.execvp("postgres", ["postgres", "-D", str(DATA), "-c", "listen_addresses=*"])
