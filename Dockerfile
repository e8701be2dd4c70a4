# One image for the app, the Dask scheduler and the workers: all three need the same Python and packages.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 TF_CPP_MIN_LOG_LEVEL=3

WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt

COPY app.py ./
COPY .streamlit ./.streamlit
COPY core ./core
COPY pages ./pages
COPY examples ./examples

# Workers find `core` here, wherever they are started from.
ENV PYTHONPATH=/app COUNTERWEIGHT_RUNS=/runs
RUN useradd --create-home counterweight && mkdir /runs && chown counterweight /runs
USER counterweight
VOLUME /runs
EXPOSE 8501

# Inside a container "localhost" is the container; who may reach the port is for the one who publishes it.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.headless=true"]
