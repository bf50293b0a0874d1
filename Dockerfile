# The gateway as an image: everything that is installed is locked by hash, and nothing runs as root.
# The tag holds the Python and the Debian release; rebuilding takes their security fixes. `make pin-images` adds the digest
# that a registry has for it now; none could be asked when this was written, and a digest cannot be made up.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/points-gateway
ENV PATH=/opt/points-gateway/bin:$PATH
WORKDIR /src
COPY locks/runtime.txt locks/runtime.txt
RUN pip install --require-hashes -r locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY adapters adapters
RUN pip install --no-deps --no-build-isolation . && python -m compileall -q /opt/points-gateway/lib

FROM python:3.11-slim-bookworm
# The numbers are written out, so that a cluster that insists on an ordinary user can see that this is one.
RUN groupadd --gid 10001 points && useradd --uid 10001 --gid points --no-create-home --shell /usr/sbin/nologin points \
    && install -d -o points -g points /var/lib/points-gateway
COPY --from=build /opt/points-gateway /opt/points-gateway
# The folder is for an SQLite journal: mount a volume there, or the adjustments go with the container.
WORKDIR /var/lib/points-gateway
ENV PATH=/opt/points-gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    POINTS_GATEWAY_CONFIG=/etc/points-gateway/gateway.yaml
USER 10001:10001
EXPOSE 8080
# An answer of 503 raises, and so does no answer.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["points-gateway"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
