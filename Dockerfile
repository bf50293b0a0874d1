# The gateway as an image: everything that is installed is locked by hash, and nothing runs as root.
# The tag holds the Python and the Debian release; rebuilding takes their security fixes. `make pin-images` adds the digest
# that a registry has for it now; none could be asked when this was written, and a digest cannot be made up.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/points-gateway
ENV PATH=/opt/points-gateway/bin:$PATH
WORKDIR /src
COPY locks/runtime.txt locks/runtime.txt
RUN pip install --no-compile --require-hashes -r locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY gateway gateway
COPY adapters adapters
COPY client client
# What only built it goes again, with pip itself, and so do the tests, sources in C, stubs and lexers that nobody needs.
# What is never imported is not compiled: that is 5 MB.
RUN pip install --no-compile --no-deps --no-build-isolation ./client . \
    && pip uninstall -q -y hatchling editables pathspec pluggy tomlkit trove-classifiers setuptools pip \
    && find /opt/points-gateway/lib -type d \( -name tests -o -name testing \) -prune -exec rm -rf {} + \
    && find /opt/points-gateway/lib -type f -regex '.*\.\(pyx\|pxd\|c\|h\|pyi\)' -delete \
    && find /opt/points-gateway/lib -type f -path '*/pygments/lexers/[a-z]*.py' ! -name python.py -delete \
    && python -m compileall -q -x '/pygments/(lexers|styles)/|/dialects/(mysql|oracle|mssql)/' /opt/points-gateway/lib

FROM python:3.11-slim-bookworm
# The numbers are written out, so that a cluster that insists on an ordinary user can see that this is one.
# Without the pip of the base image: nothing is installed from here on.
RUN rm -rf /usr/local/lib/python3.*/site-packages/* /usr/local/bin/pip* \
    && groupadd --gid 10001 points && useradd --uid 10001 --gid points --no-create-home --shell /usr/sbin/nologin points \
    && install -d -o points -g points /var/lib/points-gateway
COPY --from=build /opt/points-gateway /opt/points-gateway
# The folder is for an SQLite journal: mount a volume there, or the adjustments go with the container.
WORKDIR /var/lib/points-gateway
ENV PATH=/opt/points-gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    POINTS_GATEWAY_CONFIG=/etc/points-gateway/gateway.yaml \
    POINTS_GATEWAY_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8080
# It asks where the configuration serves, which `serve` and `health` read alike: server.listen, whose port is 8080 unless
# set, or POINTS_GATEWAY_PORT. Its host is POINTS_GATEWAY_HOST, since nobody reaches a loopback address in here.
HEALTHCHECK --interval=10s --timeout=8s --start-period=20s --retries=3 CMD ["points-gateway", "health"]
ENTRYPOINT ["points-gateway"]
CMD ["serve"]
