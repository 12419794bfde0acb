# A machine to measure on, for a runner with an NVIDIA GPU and NVIDIA's container toolkit:
#   docker build -t attnbench .
#   docker run --rm --gpus all -v "$PWD/results:/work/results" attnbench run --suite smoke
# The driver comes from the host; what torch needs of CUDA comes with its wheel.
FROM python:3.12-slim-bookworm

# git: `attnbench gate` checks commits out. g++: kernel = "compiled" on a CPU.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git g++ \
 && rm -rf /var/lib/apt/lists/*

COPY . /src
RUN python -m pip install --no-cache-dir -c /src/constraints.txt /src \
 && rm -rf /src \
 && useradd --create-home --uid 1000 measurer \
 && mkdir -p /work/results \
 && chown -R measurer /work

USER 1000
WORKDIR /work
ENTRYPOINT ["attnbench"]
CMD ["doctor"]
