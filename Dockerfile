# Transfer Lab in a container. CPU by default; for a GPU run it with `--gpus all` (the torch wheel carries CUDA).
FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 lab && mkdir /data && chown lab /data
COPY --from=build /venv /venv
WORKDIR /app
COPY --chown=root:root . .
# pip has compiled what it installed; nobody may write here later.
RUN /venv/bin/python -m compileall -q app.py pages tlcore
USER lab
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TLCORE_HOME=/data \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_RUNNER_POST_SCRIPT_GC=false \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"
STOPSIGNAL SIGTERM
CMD ["streamlit", "run", "app.py"]
