#!/bin/sh
# Everything that needs a GPU, in under eight minutes: sh scripts/cuda.sh [PYTHON [RESULTS]]
#
# PYTHON has torch (2.11 or newer) and NumPy. What else is needed comes from wheels/ (`make wheels`), and nothing from the
# internet. RESULTS gets a file for each step. The exit code is 0 where all steps succeed, or where there is no GPU and
# what needs none succeeds; 1 where one fails; 2 where it cannot begin.
set -u
python=${1:-python3}
results=${2:-.cache/cuda}
place=.cache/cuda-venv

say() { echo "grader: $*" >&2; }

"$python" -c 'import torch, numpy' || { say "$python has no torch or no NumPy; name one that has: make cuda PYTHON=..."; exit 2; }
tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
ls wheels/*.whl >/dev/null 2>&1 || { say "wheels/ is empty: run make wheels where there is a package index, and bring wheels/ along"; exit 2; }
ls wheels/msgspec-*-"$tag"-*.whl >/dev/null 2>&1 || { say "wheels/ are for another Python than $tag: python scripts/wheels.py --python X.Y"; exit 2; }

# An environment of its own: our wheels first, then this source, then what PYTHON has. A venv made from another venv does
# not see that one's packages, so its folders are named; a wheel is a zip, so pip is not needed.
rm -rf "$place"
mkdir -p "$results" .cache
"$python" -m venv --without-pip "$place" || { say "no venv can be made with $python"; exit 2; }
py=$PWD/$place/bin/python
site=$("$py" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for wheel in wheels/*.whl; do "$python" -m zipfile -e "$wheel" "$site" || exit 2; done
{
    pwd
    "$python" -c 'import sys; print("\n".join(p for p in sys.path if p.endswith("-packages")))'
} >"$site/grader-source.pth"
export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
"$py" -c 'import grader.cli, torch, nbformat, safetensors, pytest; print("torch", torch.__version__, "CUDA", torch.version.cuda)' ||
    { say "the environment in $place does not work"; exit 2; }

failed=""
# begin NAME SECONDS COMMAND...: in the background; its output goes to RESULTS.
begin() {
    name=$1 seconds=$2
    shift 2
    rm -f "$results/$name.code"
    (
        began=$(date +%s)
        timeout -k 5 "$seconds" "$@" >"$results/$name.txt" 2>&1
        echo "$? $(($(date +%s) - began))" >"$results/$name.code"
    ) &
}
# finish NAME...: wait for all that has begun, and show how each of these has ended.
finish() {
    wait
    for name in "$@"; do
        read -r code seconds <"$results/$name.code"
        echo "== $name: exit code $code after $seconds s"
        tail -n 25 "$results/$name.txt" | cut -c1-300
        [ "$code" = 0 ] || failed="$failed $name"
    done
}
pytest="$py -m pytest -q -p no:cacheprovider"

# With a GPU that is not there: it says whether this Python and this torch will do.
begin pretended 100 $pytest tests/test_gpu.py tests/test_device.py tests/test_heats.py
absent=$("$py" -c 'from grader import gpu; print("" if gpu.find() else gpu.MISSING)')
if [ -n "$absent" ]; then
    finish pretended
    say "skipped, what needs a GPU: $absent"
else
    export GRADER_GPU=required
    # Where no level can be had, doctor says so and exits with 1: that is no failure of this.
    begin doctor 60 sh -c '"$0" -m grader.cli doctor || [ $? = 1 ]' "$py"
    begin both 100 "$py" -m grader.cli check a1 --submission solutions/a1 --device both --json "$results/a1.json"
    finish pretended doctor both
    begin check 150 $pytest -rA --durations=5 tests/cuda/test_check.py
    begin validate 150 "$py" -m grader.cli validate --device cuda --jobs 6 --report "$results/validate.md"
    finish check validate
    # Alone on the GPU: times are taken, and free memory is measured.
    begin attacks 170 $pytest -rA --durations=5 tests/cuda/test_memory.py tests/cuda/test_attacks.py
    finish attacks
    begin kernels 45 "$py" -m benchmarks.cuda --out "$results/cuda.md"
    finish kernels
fi
[ -z "$failed" ] && { echo "all steps succeeded; their output is in $results"; exit 0; }
say "failed:$failed; their output is in $results"
exit 1
