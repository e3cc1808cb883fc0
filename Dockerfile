# One image for both verbs of the platform: `docker run IMAGE train` and `docker run IMAGE serve`.
# Build it with `make image`, or: DOCKER_BUILDKIT=1 docker build --tag blerssi-sagemaker .
# A second, small one has the steps of the pipeline that talk to AWS: --target deploy.
# BuildKit is needed. Optional secrets, for networks with a certificate or a package index of their
# own: ca_bundle (a PEM file) and pip_config (a pip.conf); neither stays in the image.
ARG BASE_IMAGE=debian:bookworm-slim

# --- Runtime: what Python and MXNet need from Debian -------------------------------------------
FROM ${BASE_IMAGE} AS runtime
# distutils: imported by MXNet's Python front end. libgomp1, libquadmath0: linked by libmxnet.so.
# DejaVu Sans: the letters of the report's PNGs; its other faces are 2 MB.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates fonts-dejavu-core libgomp1 libquadmath0 python3 python3-distutils \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* \
        /usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/lintian/* \
    && find /usr/share/doc -type f ! -name copyright -delete \
    && find /usr/share/fonts -type f ! -name DejaVuSans.ttf -delete

# --- Environment: the locked packages, every one checked by its hash ---------------------------
FROM runtime AS environment
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
RUN --mount=type=bind,source=requirements/image.txt,target=/image.txt \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=ca_bundle,required=false \
    --mount=type=secret,id=pip_config,required=false \
    if [ -f /run/secrets/ca_bundle ]; then export PIP_CERT=/run/secrets/ca_bundle; fi \
    && if [ -f /run/secrets/pip_config ]; then export PIP_CONFIG_FILE=/run/secrets/pip_config; fi \
    && python3 -m venv /opt/blerssi/venv \
    && /opt/blerssi/venv/bin/pip install --no-compile --disable-pip-version-check \
        --require-hashes --only-binary :all: -r /image.txt
# What no program of ours reaches (sizes as unpacked):
#   28 MB  botocore's descriptions of AWS services other than S3 and those that give credentials
#   16 MB  numpy's own tests and its tools to compile C and Fortran (_simd is used by tests alone)
#    7 MB  setuptools; pip itself stays, SageMaker's local mode looks for it (C7.22)
#    3 MB  MXNet's C++ headers
# Byte code is made now, as a read-only root keeps nothing (C4.6), and is trusted unchecked, as the
# files never change; pip is run too seldom to be worth its 8 MB of it.
# The .pth file lets `-m container` work from any folder and under any PYTHONPATH.
RUN cd /opt/blerssi/venv/lib/python3.*/site-packages \
    && find botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc ! -name signin -exec rm -rf {} + \
    && rm -rf setuptools setuptools-* pkg_resources _distutils_hack distutils-precedence.pth \
        mxnet/include numpy/f2py numpy/distutils numpy/core/include numpy/core/lib numpy/random/lib \
        numpy/core/_simd.*.so ../../bin/f2py \
    && find numpy -type d -name tests -prune -exec rm -rf {} + \
    && find . -type d -name __pycache__ -prune -exec rm -rf {} + \
    && python3 -m compileall -q -x '/pip/' --invalidation-mode unchecked-hash . \
    && echo /opt/blerssi > blerssi.pth \
    && chmod -R a+rX,go-w /opt/blerssi

# --- Code: ours, readable for every user whatever the checkout's umask was (C4.6) --------------
FROM runtime AS code
WORKDIR /code
COPY LICENSE LICENSE
COPY container container
COPY model model
COPY serve serve
COPY train train
RUN python3 -m compileall -q -s /code -p /opt/blerssi --invalidation-mode unchecked-hash . \
    && chmod -R a+rX,go-w .

# --- The deploy image: `python -m deploy` for the steps of the pipeline -------------------------
FROM ${BASE_IMAGE} AS deploy-runtime
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* \
        /usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/lintian/* \
    && find /usr/share/doc -type f ! -name copyright -delete

FROM deploy-runtime AS deploy-environment
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
RUN --mount=type=bind,source=requirements/deploy.txt,target=/deploy.txt \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=ca_bundle,required=false \
    --mount=type=secret,id=pip_config,required=false \
    if [ -f /run/secrets/ca_bundle ]; then export PIP_CERT=/run/secrets/ca_bundle; fi \
    && if [ -f /run/secrets/pip_config ]; then export PIP_CONFIG_FILE=/run/secrets/pip_config; fi \
    && python3 -m venv /opt/blerssi/venv \
    && /opt/blerssi/venv/bin/pip install --no-compile --disable-pip-version-check \
        --require-hashes --only-binary :all: -r /deploy.txt
# 27 MB of botocore describe services that deploy does not ask; 15 MB are pip and setuptools.
RUN cd /opt/blerssi/venv/lib/python3.*/site-packages \
    && find botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name application-autoscaling ! -name cloudwatch ! -name ecr ! -name iam ! -name logs \
        ! -name s3 ! -name sagemaker ! -name sagemaker-runtime ! -name signin ! -name sso \
        ! -name sso-oidc ! -name sts -exec rm -rf {} + \
    && rm -rf pip pip-* setuptools setuptools-* pkg_resources _distutils_hack \
        distutils-precedence.pth ../../../bin/pip* boto3/examples \
    && find . -type d -name __pycache__ -prune -exec rm -rf {} + \
    && python3 -m compileall -q --invalidation-mode unchecked-hash . \
    && echo /opt/blerssi > blerssi.pth \
    && chmod -R a+rX,go-w /opt/blerssi

FROM deploy-runtime AS deploy-code
WORKDIR /code
COPY LICENSE LICENSE
COPY container container
COPY model model
COPY deploy deploy
RUN python3 -m compileall -q -s /code -p /opt/blerssi --invalidation-mode unchecked-hash . \
    && chmod -R a+rX,go-w .

FROM deploy-runtime AS deploy
ARG VERSION=0
LABEL org.opencontainers.image.title="blerssi-deploy" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/blerssi/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=deploy-environment /opt/blerssi/venv /opt/blerssi/venv
COPY --from=deploy-code /code /opt/blerssi
WORKDIR /opt/blerssi
# A number, so that a cluster sees that it is not root (runAsNonRoot).
USER 65532:65532
ENTRYPOINT ["/opt/blerssi/venv/bin/python", "-m", "deploy"]

# --- The image ---------------------------------------------------------------------------------
FROM runtime
ARG VERSION=0
LABEL org.opencontainers.image.title="blerssi-sagemaker" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.licenses="Apache-2.0" \
    com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true" \
    com.amazonaws.sagemaker.capabilities.multi-models="true"
# Whole lines at once for the platform's log (C1.62); no .pyc into the user's folders (C1.10). What
# MXNet reads while it is loaded is set by the programs themselves (model/runtime.py).
ENV PATH=/opt/blerssi/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=environment /opt/blerssi/venv /opt/blerssi/venv
COPY --from=code /code /opt/blerssi
WORKDIR /opt/blerssi
# Exec form, so that our program is PID 1 and gets the signals (C1.2, C5.3); `train` or `serve`
# follows. No CMD: without an argument the program decides itself (C7.20).
ENTRYPOINT ["/opt/blerssi/venv/bin/python", "-m", "container"]
