# verify in a container:
#
#   docker build --tag verify .
#   docker run --rm --volume "$PWD:/work" verify prove my_protocol.py
#
# What is to be written into the folder needs your own user: add --user "$(id -u):$(id -g)".

FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/verify
COPY requirements-run.lock ./
RUN /opt/verify/bin/pip install --no-cache-dir --require-hashes --requirement requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY verifier verifier
COPY encodings encodings
COPY properties properties
COPY reports/suites reports/suites
RUN /opt/verify/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 verify
COPY --from=build /opt/verify /opt/verify
ENV PATH=/opt/verify/bin:$PATH PYTHONUNBUFFERED=1
USER verify
WORKDIR /work
ENTRYPOINT ["verify"]
CMD ["--help"]
