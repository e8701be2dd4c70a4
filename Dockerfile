# One image for the app, the Dask scheduler and the workers: all three need the same Python and packages.
# A digest pins it to the byte: --build-arg BASE=python:3.11.14-slim-bookworm@sha256:...
ARG BASE=python:3.11.14-slim-bookworm
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 TF_CPP_MIN_LOG_LEVEL=3

# LightGBM brings no OpenMP of its own, and a slim image has none.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt

COPY app.py ./
# Not the folder: secrets.toml lies beside it.
COPY .streamlit/config.toml ./.streamlit/
COPY core ./core
COPY pages ./pages
COPY examples ./examples

# Workers find `core` here, wherever they are started from.
ENV PYTHONPATH=/app COUNTERWEIGHT_RUNS=/runs COUNTERWEIGHT_STATE=/state
# By its number, so that a cluster can tell that it is not root.
RUN useradd --create-home --uid 10001 counterweight && mkdir /runs /state && chown counterweight /runs /state
USER 10001
VOLUME ["/runs", "/state"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

# Inside a container "localhost" is the container; who may reach the port is for the one who publishes it.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.headless=true"]
