#!/usr/bin/env bash
# Gradescope runs this once, when the autograder is built: what grading needs, at the versions that were tried.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
# The package index that torch is taken from; pip's own where it is empty. An index of builds for the CPU saves gigabytes.
INDEX=""

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv libseccomp2
python3 -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: choose a later base image"'
python3 -m venv "$root/venv"
pip=("$root/venv/bin/pip" install --quiet --constraint "$root/source/constraints.txt")
"${pip[@]}" ${INDEX:+--index-url "$INDEX"} torch
"${pip[@]}" setuptools
"${pip[@]}" --no-build-isolation "$root/source"
